import type { SocketContext } from '../../context/socket_context';
import type { FilterLevels, FilterPlan } from '../../controllers/plan/types';

/** The result of the filters: a value for the client, or the remaining error. */
export type Filtered = { readonly answer: unknown } | { readonly error: unknown };

/** The number of classes between an error's and the closest one that a filter handles; `undefined` if it does not handle the error. */
function distanceOf(error: unknown, { classes }: FilterPlan): number | undefined {
  if (classes.length === 0) return Infinity;
  if (typeof error !== 'object' || error === null) return undefined;
  let distance = 0;
  for (let prototype: unknown = Object.getPrototypeOf(error); prototype; prototype = Object.getPrototypeOf(prototype)) {
    if (classes.some(each => each.prototype === prototype)) return distance;
    distance += 1;
  }
  return undefined;
}

/** Removes the most specific filter for an error from a list, the first of several. */
function takeClosest(filters: FilterPlan[], error: unknown): FilterPlan | undefined {
  let closest: number | undefined;
  let least = Infinity;
  filters.forEach((filter, index) => {
    const distance = distanceOf(error, filter);
    if (distance === undefined || (closest !== undefined && distance >= least)) return;
    closest = index;
    least = distance;
  });
  return closest === undefined ? undefined : filters.splice(closest, 1)[0];
}

/** Runs the filters for an error, level by level; within a level, those with the closest class run first. */
export async function askFilters(levels: FilterLevels, ctx: SocketContext, thrown: unknown): Promise<Filtered> {
  let error = thrown;
  for (const level of levels) {
    const left = [ ...level ];
    for (let filter = takeClosest(left, error); filter; filter = takeClosest(left, error)) {
      try {
        const answer = await filter.run(error, ctx, filter.target);
        if (answer !== undefined) return { answer };
      } catch (replacement) {
        error = replacement;
      }
    }
  }
  return { error };
}
