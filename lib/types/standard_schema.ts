/**
 * A schema for a value, with the interface that zod, valibot, arktype and others share.
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

/** A value, perhaps transformed, or the issues that it has. */
export type StandardResult<Output = unknown> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

/** One issue, and where it is. */
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
 * The schema of one argument.
 *
 * @see docs/validation.md
 */
export type ArgSchema = StandardSchema | EggRule;

/**
 * One schema per argument, or one for the array of all arguments.
 *
 * @see docs/validation.md
 */
export type ArgSchemas = readonly ArgSchema[] | StandardSchema<unknown, readonly unknown[]>;

/** The output type of a schema. An {@link EggRule} tells the compiler nothing, so any parameter matches. */
export type OutputOf<Schema> = Schema extends StandardSchema<unknown, infer Output> ? Output : never;

/** The parameters of a method whose event has these schemas. */
export type ArgsOf<Schemas extends ArgSchemas | undefined> =
  Schemas extends StandardSchema<unknown, infer Output> ? Extract<Output, readonly unknown[]>
    : Schemas extends readonly unknown[] ? { -readonly [Index in keyof Schemas]: OutputOf<Schemas[Index]> }
      : never[];

/**
 * The arguments that a method gets with these schemas, for its parameters: `join(...[ room, seat ]: SchemaArgs<typeof JOIN>)`. For an
 * {@link EggRule}, `unknown`.
 *
 * @see docs/validation.md#types
 */
export type SchemaArgs<Schemas extends ArgSchemas> =
  Schemas extends StandardSchema<unknown, infer Output> ? Extract<Output, readonly unknown[]>
    : Schemas extends readonly unknown[]
      ? { -readonly [Index in keyof Schemas]: Schemas[Index] extends StandardSchema<unknown, infer Output> ? Output : unknown }
      : never;

/** The input type of a schema; an {@link EggRule} may accept anything. */
type InputOf<Schema> = Schema extends StandardSchema<infer Input, unknown> ? Input : unknown;

/** The argument at an index of a list, `undefined` after its end. */
type ArgAt<Args extends readonly unknown[], Index> =
  number extends Args['length'] ? Args[number] : Index extends keyof Args ? Args[Index] : undefined;

/** The indices of the arguments that their schemas do not accept; `'all'` for a schema of all of them. */
export type RefusedArgs<Schemas extends ArgSchemas | undefined, Args extends readonly unknown[]> =
  Schemas extends StandardSchema<infer Input, readonly unknown[]>
    ? number extends Args['length'] ? never : [Args] extends [Input] ? never : 'all'
    : Schemas extends readonly unknown[]
      ? { [Index in keyof Schemas]: [ArgAt<Args, Index>] extends [InputOf<Schemas[Index]>] ? never : Index }[number]
      : never;

/** The return type of a method whose return value has this schema. */
export type ReturnOf<Schema extends StandardSchema | undefined> =
  Schema extends StandardSchema<infer Input, unknown> ? Input | Promise<Input> : unknown;

/** Whether a value is a schema; arktype's schemas are functions. */
export function isStandardSchema(value: unknown): value is StandardSchema {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  return typeof (value as Partial<StandardSchema>)['~standard']?.validate === 'function';
}
