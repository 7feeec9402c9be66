import assert from 'node:assert/strict';
import { appendFile, cp, mkdtemp, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { useChromium } from '../support/chromium';
import { freePort } from '../support/free_port';
import { onlyOnEgg3 } from '../support/framework';
import { ChatPage } from './chat_page';
import { ChatProcess, EXAMPLE } from './chat_process';

const ROOT = path.join(__dirname, '../..');

describe('test/example/workers.test.ts', function() {
  this.timeout(120_000);
  const chromium = useChromium();
  const open: ChatPage[] = [];
  let server: ChatProcess | undefined;
  let url: string;

  async function start(folder?: string): Promise<void> {
    server = new ChatProcess({ PORT: String(await freePort()), TS_NODE_PROJECT: path.join(ROOT, 'tsconfig.json') }, folder);
    url = await server.address();
  }

  async function enter(nick: string, room: string): Promise<ChatPage> {
    const page = await ChatPage.open(chromium.browser, url);
    open.push(page);
    await page.enter(nick);
    await page.openRoom(room);
    return page;
  }

  /** A page that is connected to another worker than the given one: as many pages are opened as it takes. */
  async function enterElsewhere(worker: number, nick: string, room: string): Promise<ChatPage> {
    for (;;) {
      const page = await enter(nick, room);
      if (await page.worker() !== worker) return page;
      // Leaves by itself, so that its nickname is free when this returns.
      await page.page.getByRole('button', { name: 'Leave' }).click();
      await open[0].people.getByRole('button', { name: nick }).waitFor({ state: 'detached' });
      await page.close();
      open.splice(open.indexOf(page), 1);
    }
  }

  afterEach(async () => {
    const errors = open.flatMap(page => page.errors);
    await Promise.all(open.splice(0).map(page => page.close()));
    await server?.stop();
    server = undefined;
    assert.deepEqual(errors, []);
  });

  it('is one chat on two workers', async () => {
    await start();
    const ada = await enter('Ada', 'hall');
    await ada.say('Said before');
    const worker = await ada.worker();
    const grace = await enterElsewhere(worker, 'Grace', 'hall');
    await grace.sees('Said before');
    await ada.people.getByRole('button', { name: 'Grace #hall' }).waitFor();
    await grace.people.getByRole('button', { name: 'Ada #hall' }).waitFor();

    await ada.text.pressSequentially('Hello Grace');
    await grace.page.getByText('Ada is typing…').waitFor();
    await ada.text.press('Enter');
    await grace.sees('Hello Grace');
    await grace.say('Hello Ada');
    await ada.sees('Hello Ada');
    await ada.sendFile('notes.txt', Buffer.from('Read by both'));
    assert.equal(String(await grace.saveFile('notes.txt')), 'Read by both');

    await ada.people.getByRole('button', { name: 'Grace' }).click();
    await ada.say('For your eyes only');
    await ada.log.getByText('Delivered').waitFor();
    await grace.people.getByRole('button', { name: 'Ada 1 unread' }).click();
    await grace.sees('For your eyes only');

    const { status, reached } = await fetch(`${url}/announce`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', cookie: 'csrfToken=secret', 'x-csrf-token': 'secret' },
      body: '{"text":"Tea is ready"}',
    }).then(async answer => ({ status: answer.status, ...await answer.json() as { reached: number } }));
    assert.deepEqual({ status, reached }, { status: 200, reached: 2 });
    await ada.sees('Tea is ready');
    await grace.sees('Tea is ready');

    // On whichever worker: neither nickname is free.
    for (const nick of [ 'ADA', 'GRACE' ]) {
      const page = await ChatPage.open(chromium.browser, url);
      open.push(page);
      await page.nickname.fill(nick);
      await page.nickname.press('Enter');
      await page.page.getByRole('alert').getByText('is already here').waitFor();
    }
  });

  it('reconnects the pages of a killed worker by themselves, with the messages that they missed', async () => {
    await start();
    const ada = await enter('Ada', 'hall');
    await ada.say('Before the end');
    await ada.sees('Before the end');
    const killed = await ada.worker();
    const grace = await enterElsewhere(killed, 'Grace', 'hall');
    const survivor = await grace.worker();

    const away = ada.isState('Reconnecting…');
    process.kill(killed, 'SIGKILL');
    await away;
    await grace.say('While you were away');
    await ada.isState('Connected');
    assert.equal(await ada.worker(), survivor);
    await ada.sees('While you were away');
    // What is shown after a reload is what the server knows.
    await ada.page.reload();
    await ada.sees('Before the end');
    await ada.sees('While you were away');
    await grace.isState('Connected');
    await grace.people.getByRole('button', { name: 'Ada #hall' }).waitFor();
    await ada.say('Back again');
    await grace.sees('Back again');
  });

  it('passes the history on to workers that start later', async function() {
    onlyOnEgg3(this, 'at a reload, its cluster-reload stops all workers before there are new ones, and nobody is left to know');
    const copies = path.join(ROOT, 'test/fixtures/inline');
    await mkdir(copies, { recursive: true });
    const folder = await mkdtemp(path.join(copies, 'chat-'));
    try {
      for (const name of [ 'app', 'app.ts', 'config', 'ignore_sigint.js', 'package.json', 'start.js' ]) {
        await cp(path.join(EXAMPLE, name), path.join(folder, name), { recursive: true });
      }
      await start(folder);
      const ada = await enter('Ada', 'hall');
      await ada.say('Said before');
      await ada.sees('Said before');
      const first = await ada.worker();
      const grace = await enterElsewhere(first, 'Grace', 'hall');
      const second = await grace.worker();

      // In development, Egg then replaces all workers.
      await appendFile(path.join(folder, 'app/router.ts'), '// saved\n');
      await ada.isElsewhere(first, second);
      await grace.isElsewhere(first, second);
      const ken = await enterElsewhere(await ada.worker(), 'Ken', 'hall');
      await ken.sees('Said before');
      await ada.page.reload();
      await ada.sees('Said before');
      await ada.say('Still here');
      await ken.sees('Still here');
      await grace.sees('Still here');
    } finally {
      await server?.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
