// The story of every page and state, as `look.js` judges it, with a picture. For one size and language: see
// ../stories/pages-desktop.test.js and ../stories/pages-phone.test.js.

import { test } from 'node:test';

import { look } from './look.js';
import { assertNoProblems, button } from './steps.js';
import { stage } from './story.js';
import { until } from './wait.js';
import { words } from './words.js';

/**
 * Declares the story for one size and language. A Bedside of its own each time: within a minute of a visit's end its time
 * is still taken, and a second visit "now" is not offered.
 */
export function everyPage({ size, phone, language, locale }) {
  // What is judged is the pages: cameras that cost next to nothing.
  const here = stage({ cameraFps: 5 });
  const say = words(language);
  const person = (options) => here.person({ phone, locale, ...options });
  const see = async (page, name) => {
    await look(page, name, language);
    await here.picture(page, `${size}-${name}`);
  };

  /** Signs in, and has the account in this language from then on. */
  const enter = async (page, role) => {
    const { email, password } = here.bedside.account(role);
    await page.goto(here.bedside.url);
    await page.getByLabel(say('signIn.email')).fill(email);
    await page.getByLabel(say('signIn.password'), { exact: true }).fill(password);
    await button(page, say('signIn.submit')).click();
    const menu = page.locator('[aria-haspopup=menu]');
    await menu.waitFor();
    if ((await page.evaluate(() => document.documentElement.lang)) === language) return;
    await menu.click();
    await page.getByRole('menuitem').first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('combobox').first().click();
    await page.getByRole('option', { name: language === 'de' ? 'Deutsch' : 'English' }).click();
    await dialog.getByRole('button').last().click();
    await dialog.waitFor({ state: 'detached' });
    await button(page, say('account.menu', { name: await menu.innerText() })).waitFor();
  };

  const join = async (page) => {
    await button(page, say('check.cameraOff')).waitFor();
    await button(page, say('check.join')).click();
    await button(page, say('visit.leave')).waitFor();
  };

  test(`the pages before a visit, ${size}, ${language}`, async (t) => {
    const patient = await person();
    const stranger = await person();
    stranger.expected.push(/\/api\/(session|guest)/);

    await t.test('sign in, and what is wrong', async () => {
      await stranger.goto(here.bedside.url);
      await button(stranger, say('signIn.submit')).click();
      await stranger.getByText(say('signIn.passwordRequired')).waitFor();
      await see(stranger, 'sign-in-empty');
      await stranger.getByLabel(say('signIn.email')).fill('nobody@demo.example');
      await stranger.getByLabel(say('signIn.password'), { exact: true }).fill('not the password');
      await button(stranger, say('signIn.submit')).click();
      await stranger.getByText(say('problem.bad-credentials')).waitFor();
      await see(stranger, 'sign-in-refused');
    });

    await t.test('a guest’s page without a link, and with one that is not valid', async () => {
      await stranger.goto(`${here.bedside.url}/guest`);
      await stranger.getByText(say('guest.noLink')).waitFor();
      await see(stranger, 'guest-without-link');
      await stranger.goto(`${here.bedside.url}/guest#AaIPfaX5dDW2Qh0WPSRo9X_f`);
      await stranger.reload();
      await stranger.getByRole('alert').waitFor();
      await see(stranger, 'guest-bad-link');
    });

    await t.test('a patient’s first page, practitioners, times, confirming', async () => {
      await enter(patient, 'patient');
      await see(patient, 'patient-home');
      await patient.getByRole('link', { name: say('nav.book') }).first().click();
      const choose = patient.getByRole('link', { name: say('book.chooseFor', { name: 'Elif Yılmaz' }) });
      await choose.waitFor();
      await see(patient, 'practitioners');
      await choose.click();
      await button(patient, say('book.now')).waitFor();
      await see(patient, 'times');
      await button(patient, say('book.now')).click();
      await patient.getByRole('dialog').waitFor();
      await see(patient, 'confirm');
      await button(patient, say('action.cancel')).click();
      await patient.getByRole('dialog').waitFor({ state: 'detached' });
    });

    await t.test('settings, and an address that is not there', async () => {
      await patient.locator('[aria-haspopup=menu]').click();
      await patient.getByRole('menuitem').first().click();
      await patient.getByRole('dialog').waitFor();
      await see(patient, 'settings');
      await patient.goto(`${here.bedside.url}/nowhere`);
      await patient.getByText(say('notFound.title')).waitFor();
      await see(patient, 'not-found');
    });

    await t.test('an administrator’s overview', async () => {
      const admin = await person();
      await enter(admin, 'admin');
      await admin.getByText('Jonas Weber').waitFor();
      await see(admin, 'admin-home');
      assertNoProblems(admin);
      await admin.context().close();
    });

    await t.test('the clinic’s server away', async () => {
      await patient.route('**/api/**', (route) => route.abort());
      patient.expected.push(/\/api\//);
      await patient.goto(here.bedside.url);
      await patient.getByText(say('problem.network')).waitFor();
      await see(patient, 'server-away');
    });

    assertNoProblems(patient, stranger);
    await patient.context().close();
    await stranger.context().close();
  });

  test(`a visit, ${size}, ${language}`, async (t) => {
    const patient = await person();
    const doctor = await person();
    const links = [];
    const guests = [];
    let visit;

    await t.test('the device check, with and without a camera', async () => {
      await enter(patient, 'patient');
      await patient.getByRole('link', { name: say('nav.book') }).first().click();
      await patient.getByRole('link', { name: say('book.chooseFor', { name: 'Elif Yılmaz' }) }).click();
      await button(patient, say('book.now')).click();
      await patient.getByRole('dialog').getByRole('button').last().click();
      await button(patient, say('check.cameraOff')).waitFor();
      await see(patient, 'device-check');
      await button(patient, say('check.cameraOff')).click();
      await patient.getByText(say('check.cameraIsOff')).waitFor();
      await see(patient, 'device-check-without-camera');
      await button(patient, say('check.cameraOn')).click();
    });

    await t.test('the device check, when nothing is allowed', async () => {
      const denied = await person({
        browser: await here.launch({ flags: ['--use-fake-ui-for-media-stream=deny'] }),
        permissions: [],
      });
      await enter(denied, 'patient');
      await denied.goto(patient.url());
      await button(denied, say('check.allow')).waitFor();
      await see(denied, 'device-check-fresh');
      await button(denied, say('check.allow')).click();
      await denied.getByText(say('device.camera.denied')).waitFor();
      await see(denied, 'device-check-denied');
      await denied.context().close();
    });

    await t.test('alone, waiting', async () => {
      await join(patient);
      await patient.getByText(say('visit.alone')).waitFor();
      await see(patient, 'alone');
    });

    await t.test('a practitioner’s first page with somebody waiting, inviting, weekly hours', async () => {
      await enter(doctor, 'practitioner');
      await doctor.getByRole('heading', { name: say('practice.waiting') }).waitFor();
      await doctor.getByText('Anna Nowak').first().waitFor();
      await see(doctor, 'practitioner-home');
      await button(doctor, say('practice.inviteFor', { name: 'Anna Nowak' })).first().click();
      const dialog = doctor.getByRole('dialog');
      for (const name of ['Maria Nowak', 'Piotr Zieliński']) {
        await dialog.getByLabel(say('guests.name')).fill(name);
        await dialog.getByRole('button', { name: say('guests.create') }).click();
        links.push(await dialog.getByLabel(say('guests.link', { name })).inputValue());
        await see(doctor, 'guest-link');
        await dialog.getByRole('button', { name: say('guests.another') }).click();
      }
      await see(doctor, 'guest-list');
      await doctor.goto(`${here.bedside.url}/availability`);
      await doctor.getByRole('heading', { name: say('availability.title') }).waitFor();
      await see(doctor, 'weekly-hours');
    });

    await t.test('two, one muted, dialogs', async () => {
      await doctor.goto(patient.url());
      visit = new URL(patient.url()).pathname.split('/').at(-1);
      await join(doctor);
      await doctor.getByLabel(say('visit.picture', { name: 'Anna Nowak' })).waitFor();
      await see(doctor, 'visit-of-two');
      await button(patient, say('visit.mute')).click();
      const tile = doctor.getByRole('group', { name: 'Anna Nowak', exact: true });
      await tile.getByRole('img', { name: say('visit.muted') }).waitFor();
      await see(doctor, 'visit-muted');
      for (const name of ['people', 'devices', ...(phone ? [] : ['shortcuts'])]) {
        await button(doctor, say(`visit.${name}`)).click();
        await doctor.getByRole('dialog').waitFor();
        await see(doctor, `visit-${name}`);
        await doctor.keyboard.press('Escape');
        await doctor.getByRole('dialog').waitFor({ state: 'detached' });
      }
    });

    await t.test('three, four, and a shared screen', async () => {
      for (const [index, link] of links.entries()) {
        // The first shares a screen, which no phone can.
        const guest = await person({ phone: phone && index === 1 });
        await guest.goto(link);
        await button(guest, say('check.cameraOff')).waitFor();
        if (index === 0) await see(guest, 'guest-door');
        const name = ['Maria Nowak', 'Piotr Zieliński'][index];
        await join(guest);
        const waits = guest.getByRole('region', { name: say('visit.moderation.waiting.title') });
        await waits.waitFor();
        const letIn = button(doctor, say('visit.moderation.door.admitName', { name }));
        await letIn.waitFor();
        if (index === 0) {
          await see(guest, 'visit-waiting');
          await see(doctor, 'visit-door');
        }
        await letIn.click();
        await waits.waitFor({ state: 'detached' });
        await doctor.getByLabel(say('visit.picture', { name })).waitFor();
        await see(doctor, `visit-of-${['three', 'four'][index]}`);
        guests.push(guest);
      }
      await button(guests[0], say('visit.shareStart')).click();
      await doctor.getByLabel(say('visit.screenOf', { name: 'Maria Nowak' })).first().waitFor();
      await see(doctor, 'visit-screen');
    });

    await t.test('reconnecting', async () => {
      // Until the node is back its door is shut, and no place is given.
      for (const page of [patient, doctor, ...guests]) {
        page.expected.push(/WebSocket connection to .* failed/, /\/join: .*503/);
      }
      process.kill(here.bedside.pidOf('media-server'), 'SIGKILL');
      await doctor.getByText(say('visit.reconnecting')).first().waitFor();
      await here.picture(doctor, `${size}-visit-reconnecting`);
      await doctor.getByText(say('visit.reconnecting')).first().waitFor({ state: 'detached' });
      // A node that was started again knows nobody: guests wait anew.
      for (const name of ['Maria Nowak', 'Piotr Zieliński']) {
        await button(doctor, say('visit.moderation.door.admitName', { name })).click();
      }
      // Everybody is back: whoever still asks for a place when the visit ends is refused one, rightly.
      for (const name of ['Anna Nowak', 'Maria Nowak', 'Piotr Zieliński']) {
        await doctor.getByLabel(say('visit.picture', { name })).waitFor();
      }
    });

    await t.test('ending, ended, and the door of a visit that is over', async () => {
      await button(doctor, say('visit.end')).click();
      await see(doctor, 'visit-end');
      await button(doctor, say('visit.endConfirm')).click();
      await doctor.getByRole('heading', { name: say('ended.ended.title') }).waitFor();
      await see(doctor, 'ended');
      await guests[0].getByRole('heading', { name: say('ended.ended.title') }).waitFor();
      await patient.reload();
      await patient.getByText(say('visit.window.ended')).waitFor();
      await see(patient, 'door-of-ended-visit');
      await patient.getByRole('link', { name: say('action.home') }).click();
      await patient.getByText(say('visits.past')).waitFor();
      await see(patient, 'patient-home-past');
    });

    await t.test('how the connections were', async () => {
      await doctor.goto(`${here.bedside.url}/quality/${visit}`);
      const from = doctor.getByRole('heading', { name: say('quality.direction.receive', { name: 'Anna Nowak' }) });
      // Told when the room ends, by another way than that it has ended.
      await until('figures of the visit', async () => {
        await doctor.getByRole('heading', { name: say('quality.title') }).waitFor();
        await doctor.getByText(say('quality.lead')).or(doctor.getByText(say('quality.none'))).waitFor();
        if (await from.isVisible()) return true;
        await doctor.reload();
        return false;
      });
      await see(doctor, 'quality');
    });

    await t.test('a session that is over', async () => {
      await patient.context().clearCookies();
      patient.expected.push(/401/);
      await patient.getByText(say('signIn.expired')).waitFor();
      await see(patient, 'session-over');
    });

    const everybody = [patient, doctor, ...guests];
    assertNoProblems(...everybody);
    for (const page of everybody) await page.context().close();
  });
}
