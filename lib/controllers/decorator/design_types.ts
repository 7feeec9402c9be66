import type { Constructor, Member } from './metadata';

/** The parts of reflect-metadata that are used here. */
interface ReflectMetadata {
  hasMetadata(key: string | symbol, target: object, member?: Member): boolean;
  getMetadata(key: string | symbol, target: object, member?: Member): unknown;
}

/** The members that classes look for when they are defined: TypeScript's `__metadata`, and class-transformer's `@Type()`. */
const LOOKED_FOR = [ 'metadata', 'getMetadata' ] as const;

/**
 * With `emitDecoratorMetadata`, a class calls `Reflect.metadata('design:type', …)` when it is defined, but only if that exists by then; it
 * does not import anything itself. So this puts a getter there, which loads reflect-metadata for the first class that looks: an app that is
 * compiled without it loads nothing. Nothing is changed if the app has loaded a copy of its own.
 */
function offerReflectMetadata(): void {
  if (LOOKED_FOR.some(name => name in Reflect)) return;
  const withdraw = () => LOOKED_FOR.forEach(name => Reflect.deleteProperty(Reflect, name));
  for (const name of LOOKED_FOR) {
    Reflect.defineProperty(Reflect, name, {
      configurable: true,
      get(): unknown {
        // First, because a copy of the app's own may be looking in order to add it.
        withdraw();
        require('reflect-metadata');
        return Reflect.get(Reflect, name);
      },
      set(value: unknown) {
        withdraw();
        Reflect.defineProperty(Reflect, name, { configurable: true, writable: true, value });
      },
    });
  }
}
offerReflectMetadata();

/** Returns `Reflect` if reflect-metadata has been loaded, no matter who has loaded it. */
export function reflectMetadata(): ReflectMetadata | undefined {
  const isLoaded = typeof Reflect.getOwnPropertyDescriptor(Reflect, 'getMetadata')?.value === 'function';
  return isLoaded ? Reflect as unknown as ReflectMetadata : undefined;
}

/** The type of a property or a parameter, as the compiler has emitted it. */
export interface DesignType {
  /** A class of the app or of a package; `undefined` for types without one. */
  readonly type: Constructor | undefined;
  /** Whether it was undefined when it was emitted. */
  readonly isUndefined?: true;
  /** Why there is no class, as a sentence; empty if there is one. */
  readonly why: string;
}

/** `Object` stands for interfaces and most other types, and the other built-in classes say no more. */
function toDesignType(emitted: unknown): DesignType {
  if (emitted === undefined) {
    return { type: undefined, isUndefined: true, why: 'The class of its type was undefined when the file was loaded, which usually comes from two files that import each other.' };
  }
  if (typeof emitted === 'function' && !/\{\s*\[native code\]\s*\}$/.test(Function.prototype.toString.call(emitted))) {
    return { type: emitted as Constructor, why: '' };
  }
  return { type: undefined, why: 'Its type is not a class at run time: it is an interface or any, or the class is imported with import type.' };
}

/** Returns the types of a method's parameters; none if the class was compiled without `emitDecoratorMetadata`. */
export function paramTypesOf(target: Constructor, method: Member): readonly DesignType[] {
  const emitted = reflectMetadata()?.getMetadata('design:paramtypes', target.prototype as object, method);
  return Array.isArray(emitted) ? emitted.map(toDesignType) : [];
}

/** Returns the type of a property; `undefined` if the class was compiled without `emitDecoratorMetadata`. */
export function designTypeOf(target: Constructor, property: Member): DesignType | undefined {
  const reflect = reflectMetadata();
  if (!reflect?.hasMetadata('design:type', target.prototype as object, property)) return undefined;
  return toDesignType(reflect.getMetadata('design:type', target.prototype as object, property));
}
