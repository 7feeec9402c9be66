import assert from 'node:assert/strict';
import { useChromium } from '../support/chromium';
import { freePort } from '../support/free_port';
import { ChatPage } from './chat_page';
import { ChatProcess } from './chat_process';

const PHONE = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };

describe('test/example/chat.test.ts', function() {
  this.timeout(60_000);
  const chromium = useChromium();
  const open: ChatPage[] = [];
  let port: number;
  let server: ChatProcess | undefined;
  let url: string;

  async function start(): Promise<void> {
    server = new ChatProcess({ PORT: String(port) });
    url = await server.address();
  }

  async function openPage(options?: object): Promise<ChatPage> {
    const page = await ChatPage.open(chromium.browser, url, options);
    open.push(page);
    return page;
  }

  /**
   * A page for each nickname, all of them in one room. No other test has the same: the server may not have heard yet
   * that its pages are closed.
   */
  async function enterAll(room: string, ...nicks: string[]): Promise<ChatPage[]> {
    const pages: ChatPage[] = [];
    for (const nick of nicks) {
      const page = await openPage();
      await page.enter(nick);
      await page.openRoom(room);
      pages.push(page);
    }
    return pages;
  }

  before(async () => {
    port = await freePort();
    await start();
  });
  afterEach(async () => {
    const errors = open.flatMap(page => page.errors);
    await Promise.all(open.splice(0).map(page => page.close()));
    assert.deepEqual(errors, []);
  });
  after(() => server?.stop());

  it('shows two people each other, and what they say', async () => {
    const [ ada, grace ] = await enterAll('hall', 'Ada', 'Grace');
    await ada.people.getByRole('button', { name: 'Grace #hall' }).waitFor();
    await grace.people.getByRole('button', { name: 'Ada #hall' }).waitFor();
    await grace.page.getByText('2 people here').waitFor();
    await ada.sees('Grace came in');

    await ada.say('Hello Grace');
    await grace.sees('Hello Grace');
    await grace.say('Hello Ada');
    await ada.sees('Hello Ada');
    await ada.sees('Hello Grace');
    assert.equal(await ada.text.inputValue(), '');
  });

  it('shows markup as it was written', async () => {
    const [ alan, betty ] = await enterAll('markup', 'Alan', 'Betty');
    await alan.say('<img src=x onerror="document.title = 1"><b>bold</b>');
    await betty.sees('<img src=x onerror="document.title = 1"><b>bold</b>');
    assert.equal(await betty.log.locator('img').count(), 0);
  });

  it('shows who is typing until the message is sent', async () => {
    const [ anita, barbara ] = await enterAll('typing', 'Anita', 'Barbara');
    await anita.text.pressSequentially('Well');
    const notice = barbara.page.getByText('Anita is typing…');
    await notice.waitFor();
    await anita.text.press('Enter');
    await barbara.sees('Well');
    await notice.waitFor({ state: 'detached' });
    assert.equal(await anita.page.getByText('is typing…').count(), 0);
  });

  it('delivers a private message to one person, who confirms it', async () => {
    const [ donald, edsger, frances ] = await enterAll('private', 'Donald', 'Edsger', 'Frances');
    await donald.people.getByRole('button', { name: 'Edsger' }).click();
    await donald.say('For your eyes only');
    await donald.log.getByText('Delivered').waitFor();

    await edsger.people.getByRole('button', { name: 'Donald 1 unread' }).click();
    await edsger.sees('For your eyes only');
    await edsger.say('I have seen it');
    await donald.sees('I have seen it');

    await donald.rooms.getByRole('button', { name: 'private' }).click();
    await donald.say('Said to all');
    await frances.sees('Said to all');
    assert.equal(await frances.page.getByText('For your eyes only').count(), 0);
    assert.equal(await frances.people.getByText('unread').count(), 0);
  });

  it('reports a private message that could not be delivered, and sends it again', async () => {
    const [ hedy, ivan ] = await enterAll('gone', 'Hedy', 'Ivan');
    await hedy.people.getByRole('button', { name: 'Ivan' }).click();
    await ivan.page.getByRole('button', { name: 'Leave' }).click();
    await hedy.page.getByText('Private · offline').waitFor();
    await hedy.say('Are you there?');
    await hedy.log.getByText('Ivan is not online.').waitFor();

    await ivan.enter('Ivan');
    await hedy.page.getByText('Private · online').waitFor();
    await hedy.log.getByRole('button', { name: 'Try again' }).click();
    await hedy.log.getByText('Delivered').waitFor();
    await ivan.people.getByRole('button', { name: 'Hedy 1 unread' }).click();
    await ivan.sees('Are you there?');
  });

  it('shows the history of a room to people who come later', async () => {
    const [ jean ] = await enterAll('archive', 'Jean');
    await jean.say('First');
    await jean.say('Second');
    await jean.sees('Second');
    const [ ken ] = await enterAll('archive', 'Ken');
    await ken.sees('First');
    await ken.sees('Second');

    await ken.rooms.getByRole('button', { name: 'ideas' }).click();
    await ken.title.getByText('# ideas').waitFor();
    assert.equal(await ken.log.getByText('Second').count(), 0);
    await jean.sees('Ken left');
  });

  it('refuses a nickname that is in use', async () => {
    await enterAll('names', 'Leslie');
    const second = await openPage();
    await second.nickname.fill('LESLIE');
    await second.nickname.press('Enter');
    await second.page.getByRole('alert').getByText('“Leslie” is already here. Choose another nickname.').waitFor();
    await second.enter('Augusta');
  });

  it('recognises a tab that reconnects at once', async () => {
    const [ margaret ] = await enterAll('reload', 'Margaret');
    await margaret.say('Before');
    await margaret.sees('Before');
    await margaret.page.reload();
    await margaret.title.getByText('# reload').waitFor();
    await margaret.sees('Before');
  });

  it('broadcasts an announcement that is posted over HTTP', async () => {
    const [ niklaus ] = await enterAll('east', 'Niklaus');
    const [ radia ] = await enterAll('west', 'Radia');
    await niklaus.page.getByRole('button', { name: 'Announce to everybody' }).click();
    await niklaus.page.getByLabel('Announcement', { exact: true }).fill('Tea is ready');
    await niklaus.page.getByRole('button', { name: 'Announce', exact: true }).click();
    await niklaus.page.getByText(/^Announced to \d+ people$/).waitFor();
    await niklaus.sees('Tea is ready');
    await radia.sees('Tea is ready');
  });

  it('refuses an announcement without the CSRF token or without a text', async () => {
    const post = (headers: Record<string, string>, text: string) => fetch(`${url}/announce`, {
      method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify({ text }),
    });
    const token = { cookie: 'csrfToken=secret', 'x-csrf-token': 'secret' };
    assert.equal((await post({}, 'Tea')).status, 403);
    const refused = await post(token, '  ');
    assert.equal(refused.status, 422);
    assert.equal((await refused.json() as { error: { code: string } }).error.code, 'NO_TEXT');
    assert.equal((await post(token, 'Tea')).status, 200);
  });

  it('survives a restart of the server', async () => {
    const [ sophie, tim ] = await enterAll('garden', 'Sophie', 'Tim');
    await sophie.say('Before the restart');
    await tim.sees('Before the restart');

    await server!.stop();
    await sophie.isState('Reconnecting…');
    await tim.isState('Reconnecting…');
    await sophie.say('Kept until then');
    assert.equal(await sophie.text.inputValue(), 'Kept until then');

    await start();
    await sophie.isState('Connected');
    await tim.isState('Connected');
    await sophie.title.getByText('# garden').waitFor();
    await tim.people.getByRole('button', { name: 'Sophie #garden' }).waitFor();
    await sophie.people.getByRole('button', { name: 'Tim #garden' }).waitFor();
    await sophie.text.press('Enter');
    await tim.sees('Kept until then');
    await tim.sees('Before the restart');
    await tim.say('Still here');
    await sophie.sees('Still here');
  });

  it('fits a phone screen, with rooms and people in a drawer', async () => {
    const [ vint ] = await enterAll('pocket', 'Vint');
    const phone = await openPage(PHONE);
    await phone.assertFits();
    await phone.enter('A name of 20 letters');
    await phone.page.getByRole('button', { name: 'Rooms and people' }).click();
    await phone.assertFits();
    await phone.rooms.getByRole('button', { name: 'pocket' }).click();
    await phone.title.getByText('# pocket').waitFor();
    await phone.rooms.waitFor({ state: 'hidden' });
    await vint.say('long'.repeat(60));
    await phone.sees('long'.repeat(60));
    await phone.assertFits();
    await vint.assertFits();
  });
});
