// `bedside serve --demo` in a scratch folder, inside a namespace: the whole system as a small clinic runs it.

import { mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

import { scratch } from './scratch.js';

const PROGRAM = resolve(process.env.BEDSIDE ?? '../../target/release/bedside');
const READY = /Bedside is ready at (\S+)/;
const ACCOUNT = /^\s*(patient|practitioner|admin)\s+(\S+@\S+)\s+(\S+)\s*$/;

const LOGS = process.env.BEDSIDE_LOGS ?? '../../test-results/logs';

/** What Bedside says during a story stays for whoever looks for the cause of a failure. */
function openLog() {
  mkdirSync(LOGS, { recursive: true });
  return openSync(join(LOGS, `${basename(process.argv[1], '.test.js')}.log`), 'w');
}

export class Bedside {
  /** Starts it and waits for the address and the demo accounts that it prints. */
  static async start(namespace, { args = [] } = {}) {
    const bedside = new Bedside();
    bedside.data = scratch('data');
    bedside.log = [];
    bedside.accounts = [];
    bedside.child = namespace.spawn(PROGRAM, ['serve', '--demo', '--data', bedside.data, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    // A story that is cut short does not leave it behind.
    process.once('exit', () => bedside.child.kill('SIGTERM'));
    bedside.ended = new Promise((done) => bedside.child.once('exit', done));
    const file = openLog();
    createInterface({ input: bedside.child.stderr }).on('line', (line) => {
      bedside.log.push(line);
      writeSync(file, `${line}\n`);
    });
    try {
      bedside.url = await bedside.ready();
    } catch (why) {
      await bedside.stop();
      throw why;
    }
    return bedside;
  }

  /** The address that it prints when it is ready, and the accounts before that. */
  ready() {
    return new Promise((ready, failed) => {
      const fail = (why) => {
        clearTimeout(timer);
        failed(new Error(`${why}\n${this.log.slice(-40).join('\n')}`));
      };
      const timer = setTimeout(() => fail('bedside serve was not ready within 30 s'), 30_000);
      this.child.once('exit', (code) => fail(`bedside serve ended with ${code}`));
      createInterface({ input: this.child.stdout }).on('line', (line) => {
        const account = ACCOUNT.exec(line);
        if (account) this.accounts.push({ role: account[1], email: account[2], password: account[3] });
        const match = READY.exec(line);
        if (match) {
          clearTimeout(timer);
          ready(match[1]);
        }
      });
    });
  }

  account(role, index = 0) {
    const account = this.accounts.filter((candidate) => candidate.role === role)[index];
    if (!account) throw new Error(`no ${role} number ${index} among the printed demo accounts`);
    return account;
  }

  /** The process of a part: `control-plane` or `media-server`. Another one after it died; none in between. */
  pidOf(part) {
    const children = readFileSync(`/proc/${this.child.pid}/task/${this.child.pid}/children`, 'utf8').trim();
    return children
      .split(' ')
      .map(Number)
      .find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[1] === part);
  }

  async stop() {
    this.child.kill('SIGTERM');
    await this.ended;
  }
}
