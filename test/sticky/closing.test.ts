import assert from 'node:assert/strict';
import { CLIENT_HEADER, sharedTime } from '../../lib/routing/client_address';
import { type Answer, assertUnknown, begin, exchange } from '../support/sticky_http';
import { StickySession } from '../support/sticky_session';
import { useStickyCluster } from '../support/sticky_cluster';

/** What a poll gets whose session its client closes. */
const NOOP = [ 200, '6' ];

function essence({ status, body }: Answer): unknown[] {
  return [ status, body ];
}

describe('test/sticky/closing.test.ts', () => {
  const t = useStickyCluster({ cors: { origin: 'http://page.test' } });

  /** A poll as a sibling forwards it that has taken it some time ago. */
  async function overtaken(url: string, sent: number, headers: Record<string, string> = {}): Promise<Answer> {
    const { pathname, search } = new URL(url);
    return exchange('http://owner', {
      socketPath: t.a.privatePath, path: pathname + search, headers: { [CLIENT_HEADER]: `0 - - ${sent}`, ...headers, connection: 'keep-alive' },
    });
  }

  it('a close packet ends the session and the open poll, on whichever worker each arrives', async () => {
    for (const via of t.all) {
      const session = await StickySession.open(t.a);
      const poll = await begin(session.url(t.b));
      await session.send(via, '1');
      assert.deepEqual(essence(await poll.answer), NOOP);
      // It has had its noop.
      assertUnknown(await session.get(t.b));
      assertUnknown(await session.get(t.a));
    }
  });

  it('a poll that the close packet overtakes gets a noop, and the next poll gets an error', async () => {
    for (const closer of [ t.a, t.b ]) {
      const session = await StickySession.open(t.a);
      const sent = sharedTime();
      await session.send(closer, '1');
      assert.deepEqual(essence(await overtaken(session.url(t.b), sent)), NOOP);
      assertUnknown(await overtaken(session.url(t.b), sent));
    }
  });

  it('a poll that is sent after the response to the close packet gets an error', async () => {
    for (const [ closer, poller ] of [[ t.b, t.b ], [ t.b, t.a ], [ t.a, t.b ], [ t.a, t.a ]]) {
      const session = await StickySession.open(t.a);
      await session.send(closer, '1');
      assertUnknown(await session.get(poller));
    }
  });

  it('a poll and a close packet may come at the same time', async () => {
    for (let i = 0; i < 60; i++) {
      const session = await StickySession.open(t.a);
      const [ poll, close ] = await Promise.all([ session.get(t.all[i % 3]), session.post(t.all[(i + 1 + i % 2) % 3], '1') ]);
      assert.deepEqual([ essence(poll), essence(close) ], [ NOOP, [ 200, 'ok' ]]);
      assertUnknown(await session.get(t.b));
    }
  });

  it('packets behind a close packet are not handled', async () => {
    const session = await (await StickySession.open(t.a)).connect(t.b);
    const [ socket ] = t.a.io.of('/').sockets.values();
    const events: unknown[] = [];
    socket.onAny(event => events.push(event));
    await session.send(t.b, '420["echo",1]', '1', '421["echo",2]', '1');
    assert.deepEqual(events, [ 'echo' ]);
    assertUnknown(await session.get(t.b));
  });

  it('the noop looks like that of an open poll', async () => {
    const answers: Answer[] = [];
    t.a.io.engine.on('headers', (headers: Record<string, string>) => { headers['x-own'] = 'yes'; });
    for (const first of [ 'poll', 'close' ]) {
      for (const jsonp of [ '', '&j=0' ]) {
        const session = await StickySession.open(t.a);
        const options = { headers: { origin: 'http://page.test', 'user-agent': 'Trident/7' } };
        const url = session.url(t.b) + jsonp;
        if (first === 'poll') {
          const poll = await begin(url, options);
          await session.send(t.b, '1');
          answers.push(await poll.answer);
        } else {
          const sent = sharedTime();
          await session.send(t.b, '1');
          answers.push(await overtaken(url, sent, options.headers));
        }
      }
    }
    // A session is JSONP from its beginning, and this one was not.
    const [ open, , late, jsonp ] = answers.map(({ status, body, rawHeaders }) => {
      return [ status, body, rawHeaders.filter((_, i) => ![ 'Date', 'Connection' ].includes(rawHeaders[i - i % 2])) ];
    });
    assert.deepEqual(late, open);
    assert.match(String(late), /Access-Control-Allow-Origin,http:\/\/page\.test.*x-own,yes/);
    assert.equal(jsonp[1], '___eio[0]("6");');
  });

  it('a session that ends without a close packet answers no further poll with a noop', async () => {
    const session = await StickySession.open(t.a);
    const poll = await begin(session.url(t.b));
    session.session.close();
    assert.equal((await poll.answer).body, '1');
    assertUnknown(await session.get(t.b));

    const broken = await StickySession.open(t.a);
    await broken.post(t.b, 'abc');
    assertUnknown(await broken.get(t.b));
  });

  it('only a poll gets the noop of a closed session, and no other request', async () => {
    const session = await StickySession.open(t.a);
    const sent = sharedTime();
    await session.send(t.b, '1');
    assertUnknown(await session.post(t.b, '40'));
    assert.deepEqual(essence(await overtaken(session.url(t.b), sent)), NOOP);
  });
});
