import type { AllTypes, IsDeclared, LooseTypes, Types, TypesOfNamespace } from '../../types/event_maps';
import type { AnyContext } from '../../types/handlers';
import type { Context } from '../../types/context';
import type { Constructor } from './metadata';
import type { TypesOfClass } from './method_types';

/** The types of a namespace as `@WSController()` names it. What a RegExp stands for, nobody knows. */
export type TypesOf<Name> = Name extends string ? TypesOfNamespace<Name> : LooseTypes;

type ContextFrom<T extends Types> = Context<T['clientToServer'], T['serverToClient'], T['interServer'], T['data']>;

/** The context of what stands before a namespace. */
export type ContextOf<Name> = IsDeclared extends true ? ContextFrom<TypesOf<Name>> : AnyContext;

// No class is one. It says what is wrong, in the compiler's words: "is not assignable to parameter of type …".
interface CtxHasTheTypesOfAnotherNamespace<Namespace> { readonly namespace: Namespace }

type IsSame<A, B> = [A, B] extends [B, A] ? true : false;
type Maps<T extends Types> = Pick<T, 'clientToServer' | 'serverToClient'>;

/** A class whose `ctx`, if it shows one and that is not for everything, has the types of the namespace. */
export type ControllerOf<C extends Constructor, Name> = [IsDeclared, Name] extends [true, string]
  ? TypesOfClass<InstanceType<C>> extends infer Own extends Types
    ? [AllTypes] extends [Own] ? C
      : string extends keyof Own['clientToServer'] ? C
        : IsSame<Maps<Own>, Maps<TypesOf<Name>>> extends true ? C : CtxHasTheTypesOfAnotherNamespace<Name>
    : C
  : C;
