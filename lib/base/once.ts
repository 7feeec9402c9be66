/**
 * Distinguishes the first occurrence from later ones, so that the log has one line of a kind. It keeps no object from being collected.
 */
export class Once {
  private readonly texts = new Set<string>();
  private readonly objects = new WeakSet<object>();

  /** Returns whether this kind occurs for the first time: a text, or an object that the line is about. */
  isFirst(kind: string | object): boolean {
    const seen: Pick<Set<unknown>, 'has' | 'add'> = typeof kind === 'string' ? this.texts : this.objects as never;
    if (seen.has(kind)) return false;
    seen.add(kind);
    return true;
  }
}
