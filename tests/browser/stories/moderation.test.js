// The practitioner keeps order: a guest waits and is let in, is muted, asked, and removed; the visit is locked.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { mediaOf, moving } from '../support/media.js';
import {
  assertNoProblems,
  bookNow,
  button,
  letIn,
  passDeviceCheck,
  passDoor,
  seesAndHears,
  signIn,
} from '../support/steps.js';
import { stage } from '../support/story.js';
import { until } from '../support/wait.js';

const here = stage();
const MARIA = 'Maria Nowak';

test('the practitioner keeps order', async (t) => {
  const patient = await here.person();
  const doctor = await here.person();
  const guest = await here.person();
  let link;

  await t.test('two meet, and a guest has a link', async () => {
    await signIn(patient, here.bedside, here.bedside.account('patient'));
    await bookNow(patient, 'Elif Yılmaz');
    await passDeviceCheck(patient);
    await signIn(doctor, here.bedside, here.bedside.account('practitioner'));
    await button(doctor, 'Invite a guest to the visit with Anna Nowak').first().click();
    const dialog = doctor.getByRole('dialog');
    await dialog.getByLabel('Name of the guest').fill(MARIA);
    await dialog.getByRole('button', { name: 'Make a link' }).click();
    link = await dialog.getByLabel(`Link for ${MARIA}`).inputValue();
    await dialog.getByRole('button', { name: 'Close' }).first().click();
    await doctor.getByRole('link', { name: 'Open visit with Anna Nowak' }).first().click();
    await passDeviceCheck(doctor);
    await Promise.all([seesAndHears(patient, 1), seesAndHears(doctor, 1)]);
  });

  await t.test('the guest waits: nothing is seen or heard either way', async () => {
    await guest.goto(link);
    await passDeviceCheck(guest);
    await guest.getByRole('region', { name: 'Waiting to be let in' }).waitFor();
    await button(doctor, `Let in: ${MARIA}`).waitFor();
    await here.picture(guest, 'waiting-to-be-let-in');
    await here.picture(doctor, 'somebody-waits');
    let before = null;
    await until(
      'a second in which nothing moves on the guest’s page',
      async () => {
        const [last, now] = [before, await mediaOf(guest)];
        before = now;
        if (last === null) return false;
        const { videos, sounds } = moving(last, now);
        assert.deepEqual({ videos, sounds }, { videos: 0, sounds: 0 });
        return true;
      },
      { every: 1_000 },
    );
    assert.equal(await patient.getByRole('group', { name: MARIA, exact: true }).count(), 0);
  });

  await t.test('let in, the guest is there at once, on the same connection', async () => {
    const peers = await guest.evaluate(() => window.bedsidePeers.length);
    await letIn(doctor, guest, MARIA);
    await Promise.all([patient, doctor, guest].map((page) => seesAndHears(page, 2)));
    assert.equal(await guest.evaluate(() => window.bedsidePeers.length), peers);
  });

  await t.test('muted by the practitioner, asked, and on again by the guest’s own click', async () => {
    await button(doctor, `Options for ${MARIA}`).first().click();
    await doctor.getByRole('menuitem', { name: 'Mute', exact: true }).click();
    await guest.getByText(/ muted you\.$/).first().waitFor();
    await button(guest, 'Unmute').waitFor();
    await patient.getByRole('group', { name: MARIA, exact: true }).getByRole('img', { name: 'Muted' }).waitFor();
    await button(doctor, `Options for ${MARIA}`).first().click();
    await doctor.getByRole('menuitem', { name: 'Ask to unmute' }).click();
    const asked = guest.getByRole('group').filter({ hasText: 'asks you to unmute' });
    await here.picture(guest, 'asked-to-unmute');
    await asked.getByRole('button', { name: 'Unmute' }).click();
    await button(guest, 'Mute').waitFor();
    await Promise.all([patient, doctor].map((page) => seesAndHears(page, 2)));
  });

  await t.test('removed by the practitioner, the guest reads so, and the others go on', async () => {
    await button(doctor, 'People').click();
    await doctor.getByRole('switch', { name: 'Lock the visit' }).click();
    await doctor.keyboard.press('Escape');
    await doctor.getByRole('dialog').waitFor({ state: 'detached' });
    await button(doctor, `Options for ${MARIA}`).first().click();
    await doctor.getByRole('menuitem', { name: 'Remove from the visit' }).click();
    await button(doctor, 'Remove').click();
    await guest.getByRole('heading', { name: 'You were removed from the visit' }).waitFor();
    await here.picture(guest, 'removed');
    await Promise.all([patient, doctor].map((page) => seesAndHears(page, 1)));
  });

  // The secret of a link is in no address once the page is open: who comes back opens the link again.
  const again = await here.person();

  await t.test('a locked visit lets nobody new in', async () => {
    await again.goto(link);
    await passDoor(again);
    await again.getByRole('heading', { name: 'The visit is locked' }).waitFor();
    await here.picture(again, 'locked');
    await button(again, 'Join again').waitFor();
  });

  await t.test('unlocked, who was removed waits again, and is not let in', async () => {
    await button(doctor, 'People').click();
    await doctor.getByRole('switch', { name: 'Lock the visit' }).click();
    await doctor.keyboard.press('Escape');
    await doctor.getByRole('dialog').waitFor({ state: 'detached' });
    await button(again, 'Join again').click();
    await passDeviceCheck(again);
    await again.getByRole('region', { name: 'Waiting to be let in' }).waitFor();
    await button(doctor, `Decline: ${MARIA}`).click();
    await again.getByRole('heading', { name: 'You were not let in' }).waitFor();
    await here.picture(again, 'not-let-in');
    await Promise.all([patient, doctor].map((page) => seesAndHears(page, 1)));
  });

  assertNoProblems(patient, doctor, guest, again);
});
