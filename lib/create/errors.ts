/** What the user can put right; the message says how, and nothing else is shown of it. */
export class UserError extends Error {}

/** A command line that cannot be understood. */
export class UsageError extends UserError {
  constructor(message: string) {
    super(`${message} See egg-socketio --help.`);
  }
}
