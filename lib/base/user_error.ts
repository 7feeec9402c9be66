/** An error that the user can fix; only its message is shown, which says how. */
export class UserError extends Error {}

/** A command line that cannot be parsed. */
export class UsageError extends UserError {
  constructor(message: string) {
    super(`${message} See egg-socketio --help.`);
  }
}
