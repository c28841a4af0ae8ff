// Somebody at the end of a line that a story makes worse: a namespace of their own, joined to the one that Bedside runs in by
// a router that delays, loses and holds up what passes (crates/netsim/examples/router).

import { resolve } from 'node:path';
import { createInterface } from 'node:readline';

import { Namespace } from './namespace.js';
import { LOCALHOST_IS_THERE, openDoors } from './reach.js';
import { until } from './wait.js';

const PROGRAM = resolve(process.env.BEDSIDE_ROUTER ?? '../../target/release/examples/router');
/** The same losses in each run. */
const SEED = 1;

/** As good as the network of a story gets. */
export const CLEAN = {};

/** The same in both directions. */
export const bothWays = (direction) => ({ up: direction, down: direction });

export class Line {
  /** Bedside's namespace, and how the line is at first. Its `namespace` is the other end; give `chromiumFlag` to browsers there. */
  static async start(home, profile = CLEAN) {
    const line = new Line();
    line.namespace = new Namespace({ isBare: true });
    line.child = home.spawn(PROGRAM, ['line', 'to-line', `${SEED}`], { stdio: ['pipe', 'pipe', 'inherit'] });
    // A line that broke fails the story by itself; what is written to it then is of no use.
    line.child.stdin.on('error', () => undefined);
    createInterface({ input: line.child.stdout }).on('line', (report) => {
      line.counted = JSON.parse(report);
    });
    await until('the router’s devices', () => line.counted);
    home.ip('link', 'set', 'line', 'netns', line.namespace.name);
    attach(line.namespace, 'line', '10.80.0.2', '10.80.0.1');
    attach(home, 'to-line', '10.80.0.1', '10.80.0.2');
    line.namespace.ip('route', 'add', 'default', 'via', '10.80.0.1');
    line.doors = await openDoors(home);
    line.change(profile);
    return line;
  }

  get chromiumFlag() {
    return LOCALHOST_IS_THERE;
  }

  /** `up` leaves the namespace, `down` comes to it: `latency_ms`, `jitter_ms`, `loss`, `loss_burst`, `rate_bps`, `queue_ms`. */
  change(profile) {
    this.child.stdin.write(`${JSON.stringify(profile)}\n`);
  }

  close() {
    for (const door of this.doors) door.kill();
    // It ends with its input, and takes the devices along.
    this.child.stdin.end();
    this.namespace.close();
  }
}

function attach(namespace, device, address, peer) {
  namespace.ip('addr', 'add', address, 'peer', peer, 'dev', device);
  namespace.ip('link', 'set', device, 'up');
}
