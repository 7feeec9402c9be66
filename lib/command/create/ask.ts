import { createInterface } from 'node:readline/promises';
import { UserError } from '../../base/user_error';

/** The streams for questions and answers. */
export interface Terminal {
  input: NodeJS.ReadableStream;
  output: NodeJS.WritableStream;
}

/** Asks a question until the answer is valid. */
export type Ask = <T>(question: string, use: (answer: string) => T) => Promise<T>;

/**
 * Lets `questions` ask the user. It uses Node's own readline: current prompt libraries need newer Node.js versions than this package, and
 * would be installed with every app that uses it.
 *
 * @param terminal - the streams
 * @param questions - called with a function that asks, shows what is wrong with an answer (a {@link UserError}), and asks again
 * @throws {UserError} if the user cancels, by Ctrl-C or Ctrl-D
 */
export async function withQuestions<T>({ input, output }: Terminal, questions: (ask: Ask) => Promise<T>): Promise<T> {
  const readline = createInterface({ input, output });
  let isDone = false;
  const gaveUp = new Promise<never>((_, reject) => {
    readline.once('SIGINT', () => readline.close());
    readline.once('close', () => {
      if (isDone) return;
      // The cursor is still after the question.
      output.write('\n');
      reject(new UserError('cancelled. Nothing was written.'));
    });
  });
  const ask: Ask = async (question, use) => {
    for (;;) {
      const answer = await readline.question(question);
      try {
        return use(answer.trim());
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        output.write(`  ${error.message}\n`);
      }
    }
  };
  try {
    return await Promise.race([ questions(ask), gaveUp ]);
  } finally {
    isDone = true;
    readline.close();
  }
}
