import type { Constructor, Member } from './metadata';

/*
 * The types of decorators that work in both modes of the compiler: with `experimentalDecorators`, which calls them with
 * (prototype, name, descriptor), and with the standard, (value, context). `...none: []` keeps an overload for the standard
 * out of the other mode: there the compiler counts it as a third parameter and finds no room for the descriptor, so that
 * its errors speak of one overload only.
 */

/** A decorator for methods of any kind. */
export interface MethodDecorator {
  (target: object, method: Member, descriptor?: PropertyDescriptor): void;
  (method: (...args: never[]) => unknown, context: ClassMethodDecoratorContext, ...none: []): void;
}

/** A decorator for properties, which are set after the constructor. */
export interface PropertyDecorator {
  (target: object, property: Member): void;
  (value: undefined, context: ClassFieldDecoratorContext): void;
  (value: object, context: ClassAccessorDecoratorContext): void;
}

/** A decorator for parameters of methods, which only exist with `experimentalDecorators`. */
export type ParameterDecorator = (target: object, method: Member | undefined, index: number) => void;

/** A decorator for a class, or for one of its methods. */
export interface ClassOrMethodDecorator extends MethodDecorator {
  (target: Constructor, context?: ClassDecoratorContext): void;
}
