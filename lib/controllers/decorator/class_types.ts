import type { AllTypes, IsDeclared, LooseTypes, Types, TypesOfNamespace } from '../../types/event_maps';
import type { AnyContext } from '../../types/handlers';
import type { Context } from '../../types/context';
import type { Constructor } from './metadata';
import type { TypesOfClass } from './method_types';

/** The declared types of the namespace in `@WSController()`. The namespaces of a RegExp are unknown to the compiler. */
export type TypesOf<Name> = Name extends string ? TypesOfNamespace<Name> : LooseTypes;

type ContextFrom<T extends Types> = Context<T['clientToServer'], T['serverToClient'], T['interServer'], T['data']>;

/** The context of middleware and guards for a namespace. */
export type ContextOf<Name> = IsDeclared extends true ? ContextFrom<TypesOf<Name>> : AnyContext;

// No class has this type; its name appears in the compiler's message: "is not assignable to parameter of type …".
interface CtxHasTheTypesOfAnotherNamespace<Namespace> { readonly namespace: Namespace }

type IsSame<A, B> = [A, B] extends [B, A] ? true : false;
type Maps<T extends Types> = Pick<T, 'clientToServer' | 'serverToClient'>;

/** A class whose `ctx`, if it is public and not for all namespaces, has the types of the namespace. */
type ControllerOf<C extends Constructor, Name> = [IsDeclared, Name] extends [true, string]
  ? TypesOfClass<InstanceType<C>> extends infer Own extends Types
    ? [AllTypes] extends [Own] ? C
      : string extends keyof Own['clientToServer'] ? C
        : IsSame<Maps<Own>, Maps<TypesOf<Name>>> extends true ? C : CtxHasTheTypesOfAnotherNamespace<Name>
    : C
  : C;

/** A decorator for the controllers of a namespace. */
export interface ControllerDecorator<Name> {
  <C extends Constructor>(target: ControllerOf<C, Name>, context?: ClassDecoratorContext): void;
}
