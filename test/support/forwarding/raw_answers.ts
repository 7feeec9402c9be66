import { connect } from 'node:net';

/** Milliseconds after which a server that neither answers nor closes the connection hangs. */
const LIMIT = 20_000;

/** Asks for something that every server answers at once, and closes the connection behind. */
const LAST = 'GET /socket.io/?EIO=4&transport=none HTTP/1.1\r\nHost: last\r\nConnection: close\r\n\r\n';

/** The answer to that. */
const LAST_ANSWER = '400 code 0';

/** What requests are made to. */
export interface Door {
  readonly port: number;
}

/** Bytes for a server, and what is known of the answers. */
export interface Exchange {
  readonly bytes: string;
  /** The answers that have no body whatever their head says, by their place. */
  readonly headless: readonly boolean[];
  /** After how many answers the client leaves; otherwise it waits until the server closes the connection. */
  readonly leavesAfter?: number;
}

/** What kind of body that is, so that answers of two servers can be compared. */
function kindOf(body: string): string {
  const code = /^\{"code":(\d)/.exec(body);
  if (code) return `code ${code[1]}`;
  if (/^<html>/.test(body)) return 'a page';
  return body.replace(/"(sid|pid)":"[^"]+"/g, '"$1"').slice(0, 200);
}

/** Takes one answer from the beginning of a text. */
function takeAnswer(text: string, hasBody: boolean, isOver: boolean): { answer: string; rest: string } | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const head = text.slice(0, end);
  const rest = text.slice(end + 4);
  const [ , status ] = /^HTTP\/1\.1 (\d{3})/.exec(head) ?? [ undefined, `garbage ${JSON.stringify(text.slice(0, 100))}` ];
  const length = /^content-length: (\d+)$/im.exec(head)?.[1];
  // The page of what is no HTTP may come before the answer to a HEAD, and has its body all the same.
  const isPage = status === '400' && rest.startsWith('<html>');
  if ((!hasBody && !isPage) || status === '101' || status === '100') return { answer: status, rest };
  if (/^transfer-encoding: chunked$/im.test(head)) {
    let body = '';
    for (let at = 0; ;) {
      const line = rest.indexOf('\r\n', at);
      const size = parseInt(rest.slice(at, line), 16);
      if (line === -1 || rest.length < line + 4 + size) return undefined;
      if (size === 0) return { answer: `${status} ${kindOf(body)}`, rest: rest.slice(line + 4) };
      body += rest.slice(line + 2, line + 2 + size);
      at = line + 4 + size;
    }
  }
  if (length === undefined) return isOver ? { answer: `${status} ${kindOf(rest)}`, rest: '' } : undefined;
  if (rest.length < Number(length)) return undefined;
  return { answer: `${status} ${kindOf(rest.slice(0, Number(length)))}`, rest: rest.slice(Number(length)) };
}

function answersIn(text: string, { headless }: Exchange, isOver: boolean): { answers: string[]; rest: string } {
  const answers: string[] = [];
  let rest = text;
  for (;;) {
    const taken = takeAnswer(rest, !headless[answers.length], isOver);
    if (!taken) return { answers, rest };
    ({ rest } = taken);
    if (taken.answer === '100') continue;
    answers.push(taken.answer);
    if (taken.answer === '101') return { answers, rest: '' };
  }
}

/**
 * What Node, Egg or nginx answer to what is not HTTP, unless another answer has begun: then they close the connection only.
 */
const isNoHttp = (answer: string | undefined) => /^400( |$)(a page)?$/.test(answer ?? '');

/**
 * The answers to a request whose body nobody wants, and what nginx makes of them if the connection is closed while it sends the body. A
 * 400 with a text is Engine.IO's to an upgrade, after which it closes the connection at once, whatever is still to be read.
 */
const REFUSED = /^(413|431|502 a page|400 (?!code \d|a page))/;

function isAlike(one: string, other: string): boolean {
  const isNginx = [ one, other ].includes('502 a page');
  return one === other || (isNginx && [ one, other ].every(answer => REFUSED.test(answer)));
}

/**
 * Whether two servers have answered the same bytes alike. That something behind a head is no HTTP may be seen before or
 * after the answer is there, so what is said up to there counts.
 */
export function agree(some: readonly string[], others: readonly string[]): boolean {
  const [ short, long ] = [ some, others ].map(answers => (isNoHttp(answers.at(-1)) ? answers.slice(0, -1) : answers))
    .sort((a, b) => a.length - b.length);
  const isRefused = [ some, others ].some(answers => isNoHttp(answers.at(-1)));
  return (isRefused ? [ some, others ].every(answers => answers.at(-1) !== LAST_ANSWER) : short.length === long.length)
    && short.every((answer, i) => isAlike(answer, long[i]));
}

/** Sends bytes; the answers, and whatever follows them. */
export async function answersOf({ port }: Door, exchange: Exchange): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let received = '';
    const timer = setTimeout(() => {
      reject(new Error(`no end of the answers to ${JSON.stringify(exchange.bytes.slice(0, 2000))}: ${JSON.stringify(received)}`));
      socket.destroy();
    }, LIMIT);
    const finish = (isOver: boolean) => {
      const { answers, rest } = answersIn(received, exchange, isOver);
      const isEnough = answers.length >= (exchange.leavesAfter ?? Infinity) || answers.at(-1) === '101';
      if (!isOver && !isEnough) return;
      clearTimeout(timer);
      resolve(rest === '' ? answers : [ ...answers, `rest ${JSON.stringify(rest.slice(0, 200))}` ]);
      socket.destroy();
    };
    // A server that refuses what is still being sent breaks the connection; what it has said before counts.
    socket.on('error', () => undefined);
    socket.on('data', data => {
      received += data.toString('latin1');
      finish(false);
    });
    socket.on('close', () => finish(true));
    socket.write(exchange.bytes + LAST, 'latin1');
  });
}
