import assert from 'node:assert/strict';
import { EditedFile } from '../support/language_service';

const HEAD = "import { Catch, type Context, Inject, OnWSConnection, OnWSMessage, RateLimit, UseGuard, WSController, WSEmit } from 'egg-socketio';\nimport './declaration';\n";

/** The compiler's messages about a member of a class, and the code after that class. */
function errorsOf(member: string, experimentalDecorators: boolean, code = ''): string[] {
  const source = `${HEAD}@WSController('/')\nexport class Right {\n@Inject() ctx!: Context;\n${member}\n}\nexport { Catch, WSEmit, OnWSConnection, OnWSMessage, RateLimit, UseGuard };\n${code}`;
  return new EditedFile(source, experimentalDecorators).errors();
}

describe('test/types/messages.test.ts', function() {
  this.timeout(180_000);

  for (const experimental of [ true, false ]) {
    describe(experimental ? 'experimentalDecorators' : 'standard decorators', () => {
      for (const [ title, member, says ] of [
        [ 'a wrong return type', "@OnWSMessage('sum') sum(a: number, b: number) { return `${a}${b}`; }", 'WrongReturnType<"sum", { returned: string; expected: number; }>' ],
        [ 'a promise of a wrong type', "@OnWSMessage('bid') async bid(amount: number) { return amount; }", 'WrongReturnType<"bid", { returned: number; expected: Bid; }>' ],
        [ 'a wrong emitted type', "@WSEmit('said') said() { return 1; }", 'WrongReturnType<"said", { returned: number; expected: string | Nothing; }>' ],
        [ 'a wrong parameter', "@OnWSMessage('say') say(text: number) { return text; }", 'WrongParameters<"say", { taken: [text: number]; sent: [text: string]; }>' ],
      ]) {
        it(`${title} is told in three lines at most, with both types`, () => {
          const errors = errorsOf(member, experimental);
          assert.equal(errors.length, 1, errors.join('\n'));
          const lines = errors[0].split('\n');
          assert.ok(lines.length <= 3, lines.join('\n'));
          assert.ok(lines.at(-1)!.includes(says), lines.join('\n'));
        });
      }

      it('a misspelt event is told once, in one line that lists the declared events, whatever the method is', () => {
        for (const [ member, says ] of [
          [ "@OnWSMessage('sy') say(text: Date) { return text; }", /^Argument of type '"sy"' is not assignable to parameter of type '(?=.*"say")(?=.*"kick").*'\.$/ ],
          [ "@WSEmit('sayd') said() { return 1; }", /^Argument of type '"sayd"' is not assignable to parameter of type '(?=.*"said")(?=.*"kicked").*'\.$/ ],
        ] as const) {
          const errors = errorsOf(member, experimental);
          assert.equal(errors.length, 1, errors.join('\n'));
          assert.match(errors[0], says);
        }
      });

      it('a misspelt event is told in one line if the app declares only one, whatever the method is', () => {
        const head = "import { OnWSMessage, WSBroadCast, WSEmit } from 'egg-socketio';\n"
          + 'declare module "egg-socketio" { interface SocketTypes { '
          + 'clientToServer: { say(text: string, ack: (message: { text: string }) => void): void }; serverToClient: { said(text: string): void } } }\n';
        for (const [ decorator, given, declared ] of [
          [ "@OnWSMessage('book')", 'book', 'say' ],
          [ "@OnWSMessage('book', { args: [] })", 'book', 'say' ],
          [ "@WSEmit('booked')", 'booked', 'said' ],
          [ "@WSBroadCast('booked', 'room')", 'booked', 'said' ],
        ]) {
          const source = `${head}export class Wrong { ${decorator} book(seat: number) { return seat; } }\nexport { OnWSMessage, WSBroadCast, WSEmit };`;
          assert.deepEqual(new EditedFile(source, experimental).errors(), [
            `Argument of type '"${given}"' is not assignable to parameter of type '"${declared}"'.`,
          ]);
        }
      });

      it('a decorator on the wrong kind of member is told in four lines at most, in one if nothing but the kind of member is checked', () => {
        for (const [ member, says ] of [
          [ '@Inject() say() {}', 'IsOnlyForProperties' ],
          [ '@Inject() get say() { return 1; }', 'IsOnlyForProperties' ],
          [ '@OnWSConnection() say!: string;', 'IsOnlyForMethods' ],
          [ '@RateLimit({ perSecond: 1 }) get say() { return 1; }', 'IsOnlyForMethods' ],
          [ '@UseGuard() say!: string;', 'IsOnlyForClassesAndMethods' ],
        ]) {
          const errors = errorsOf(member, experimental);
          if (experimental) assert.ok(errors.length === 0 || !errors[0].includes('\n'), `${member}: ${errors.join('\n')}`);
          else assert.match(errors.join('\n'), new RegExp(`^Decorator function return type 'void | ${says}' is not assignable to type .*\\.$`));
        }
        for (const member of [ "@OnWSMessage('say') say!: string;", "@WSEmit('said') say!: string;", "@WSController('/') say() {}" ]) {
          assert.ok(errorsOf(member, experimental).join('\n').split('\n').length <= 4);
        }
      });

      it('a class with @Catch() but without a method catch() for these errors is told in one line', () => {
        const own = 'class Own extends Error { readonly own = 1; }\n';
        for (const method of [ 'handle() { /* … */ }', 'catch(error: { other: string }) { return error.other; }' ]) {
          assert.deepEqual(errorsOf('', experimental, `${own}@Catch(Own) export class Wrong { ${method} }`), [
            "Decorator function return type 'FilterNeedsMethodCatch<Own>' is not assignable to type 'void | typeof Wrong'.",
          ]);
        }
        assert.deepEqual(errorsOf('', experimental, `${own}@Catch(Own) export class Filter { catch({ own }: Own, ctx: Context) { return [ own, ctx ]; } }`), []);
      });
    });
  }
});
