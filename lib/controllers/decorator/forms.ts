import type { Constructor, Member } from './metadata';

/*
 * The types of decorators that work in both modes of the compiler: with `experimentalDecorators`, which calls them with
 * (prototype, name, descriptor), and with the standard, (value, context). `...none: []` keeps an overload for the standard
 * out of the other mode: there the compiler counts it as a third parameter and finds no room for the descriptor, so that
 * its errors speak of one overload only.
 */

// No decorator returns these; their names appear in the compiler's message: "Decorator function return type … is not assignable". Without
// the overloads for other kinds of members, the compiler would explain in up to ten lines why none of the right ones fits.
interface IsOnlyForMethods { readonly kind: 'method' }
interface IsOnlyForProperties { readonly kind: 'property' }
interface IsOnlyForClassesAndMethods { readonly kind: 'class or method' }

/** A decorator for methods of any kind. */
export interface MethodDecorator {
  (target: object, method: Member, descriptor?: PropertyDescriptor): void;
  (method: (...args: never[]) => unknown, context: ClassMethodDecoratorContext, ...none: []): void;
  (value: unknown, context: DecoratorContext, ...none: []): IsOnlyForMethods | void;
}

/** A decorator for properties, which are set after the constructor. */
export interface PropertyDecorator {
  (target: object, property: Member): void;
  (value: undefined, context: ClassFieldDecoratorContext): void;
  (value: object, context: ClassAccessorDecoratorContext): void;
  (value: unknown, context: DecoratorContext, ...none: []): IsOnlyForProperties | void;
}

/** A decorator for parameters of methods, which only exist with `experimentalDecorators`. */
export type ParameterDecorator = (target: object, method: Member | undefined, index: number) => void;

/** A decorator for a class, or for one of its methods. */
export interface ClassOrMethodDecorator {
  (target: Constructor, context?: ClassDecoratorContext): void;
  (target: object, method: Member, descriptor?: PropertyDescriptor): void;
  (method: (...args: never[]) => unknown, context: ClassMethodDecoratorContext, ...none: []): void;
  (value: unknown, context: DecoratorContext, ...none: []): IsOnlyForClassesAndMethods | void;
}
