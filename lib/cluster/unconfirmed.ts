/** The messages of a link that its peer has not confirmed, in the order in which they were sent: to send them again if the link breaks. */
export class UnconfirmedFrames {
  private frames: Buffer[] = [];
  /** The index of the first one in `frames`. Not removed one by one, because that moves the others. */
  private first = 0;
  /** How many were confirmed. */
  private confirmed = 0;

  add(frame: Buffer): void {
    this.frames.push(frame);
  }

  /** All of them. */
  pending(): readonly Buffer[] {
    return this.frames.slice(this.first);
  }

  /**
   * The peer has got messages.
   *
   * @param count - of all that were ever added
   * @return whether it can have got that many, and not less than it had confirmed before
   */
  confirm(count: number): boolean {
    const first = this.first + count - this.confirmed;
    if (!(first >= this.first && first <= this.frames.length)) return false;
    this.first = first;
    this.confirmed = count;
    if (this.first * 2 > this.frames.length) {
      this.frames = this.frames.slice(this.first);
      this.first = 0;
    }
    return true;
  }
}
