// What a story writes to the system's temporary folder: one folder for its process, gone when that ends, however it ends.

import { mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';

let folder;

/** A new folder inside. */
export function scratch(name) {
  folder ??= make();
  return mkdtempSync(join(folder, `${name}-`));
}

function make() {
  const made = mkdtempSync(join(tmpdir(), 'bedside-story-'));
  // Tried again while a program that was told to end still writes there.
  process.once('exit', () => rmSync(made, { recursive: true, force: true, maxRetries: 5 }));
  // Without these, a signal ends the process with no 'exit'.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(signal, () => process.exit(128 + constants.signals[signal]));
  }
  return made;
}
