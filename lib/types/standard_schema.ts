/**
 * What a value has to be, in the interface that zod, valibot, arktype and others share.
 * @see https://standardschema.dev
 * @see docs/validation.md
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

/** A value, perhaps transformed, or why there is none. */
export type StandardResult<Output = unknown> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

/** One thing that is wrong, and where. */
export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/**
 * A rule of egg-validate: `'int?'`, or an object of rules for the properties of an object.
 *
 * @see docs/validation.md
 */
export type EggRule = string | { readonly [property: string]: unknown };

/**
 * What one argument has to be.
 *
 * @see docs/validation.md
 */
export type ArgSchema = StandardSchema | EggRule;

/**
 * One schema an argument, or one for the array of all arguments.
 *
 * @see docs/validation.md
 */
export type ArgSchemas = readonly ArgSchema[] | StandardSchema<unknown, readonly unknown[]>;

/** What a schema makes of a value. An {@link EggRule} says nothing to the compiler, and any parameter will do. */
export type OutputOf<Schema> = Schema extends StandardSchema<unknown, infer Output> ? Output : never;

/** The arguments that a method gets whose event has these schemas. */
export type ArgsOf<Schemas extends ArgSchemas | undefined> =
  Schemas extends StandardSchema<unknown, infer Output> ? Extract<Output, readonly unknown[]>
    : Schemas extends readonly unknown[] ? { -readonly [Index in keyof Schemas]: OutputOf<Schemas[Index]> }
      : never[];

/** What a schema takes; an {@link EggRule} may take anything. */
type InputOf<Schema> = Schema extends StandardSchema<infer Input, unknown> ? Input : unknown;

/** The argument at an index of a list, `undefined` behind its end. */
type ArgAt<Args extends readonly unknown[], Index> =
  number extends Args['length'] ? Args[number] : Index extends keyof Args ? Args[Index] : undefined;

/** The indices of the arguments that their schemas do not take; `'all'` for a schema of all of them. */
export type RefusedArgs<Schemas extends ArgSchemas | undefined, Args extends readonly unknown[]> =
  Schemas extends StandardSchema<infer Input, readonly unknown[]>
    ? number extends Args['length'] ? never : [Args] extends [Input] ? never : 'all'
    : Schemas extends readonly unknown[]
      ? { [Index in keyof Schemas]: [ArgAt<Args, Index>] extends [InputOf<Schemas[Index]>] ? never : Index }[number]
      : never;

/** What a method may return whose answer has this schema. */
export type ReturnOf<Schema extends StandardSchema | undefined> =
  Schema extends StandardSchema<infer Input, unknown> ? Input | Promise<Input> : unknown;

/** Whether a value is a schema; that of arktype is a function. */
export function isStandardSchema(value: unknown): value is StandardSchema {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  return typeof (value as Partial<StandardSchema>)['~standard']?.validate === 'function';
}
