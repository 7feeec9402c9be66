import assert from 'node:assert/strict';
import { EditedFile } from '../support/language_service';

const HEAD = "import { type Context, Inject, OnWSMessage, WSController, WSEmit } from 'egg-socketio';\nimport './declaration';\n";

/** The lines with which the compiler reports the first mistake in a class. */
function linesAbout(member: string, experimentalDecorators: boolean): string[] {
  const source = `${HEAD}@WSController('/')\nexport class Wrong {\n@Inject() ctx!: Context;\n${member}\n}\nexport { WSEmit, OnWSMessage };\n`;
  return new EditedFile(source, experimentalDecorators).errors()[0].split('\n');
}

describe('test/types/messages.test.ts', () => {
  for (const experimental of [ true, false ]) {
    describe(experimental ? 'experimentalDecorators' : 'standard decorators', () => {
      for (const [ title, member, says ] of [
        [ 'a wrong return type', "@OnWSMessage('sum') sum(a: number, b: number) { return `${a}${b}`; }", 'WrongReturnType<"sum", { returned: string; expected: number; }>' ],
        [ 'a promise of a wrong type', "@OnWSMessage('bid') async bid(amount: number) { return amount; }", 'WrongReturnType<"bid", { returned: number; expected: Bid; }>' ],
        [ 'a wrong emitted type', "@WSEmit('said') said() { return 1; }", 'WrongReturnType<"said", { returned: number; expected: string | Nothing; }>' ],
        [ 'a wrong parameter', "@OnWSMessage('say') say(text: number) { return text; }", 'WrongParameters<"say", { taken: [text: number]; sent: [text: string]; }>' ],
      ]) {
        it(`${title} is told in three lines at most, with both types`, () => {
          const lines = linesAbout(member, experimental);
          assert.ok(lines.length <= 3, lines.join('\n'));
          assert.ok(lines.at(-1)!.includes(says), lines.join('\n'));
        });
      }
    });
  }
});
