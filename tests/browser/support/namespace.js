// A network namespace of a story's own: addresses, routes and loss are ours, and two stories cannot disturb each other.
// Needs root. Both ends of a veth pair stay inside, so that browsers find one real address and a default route
// (Firefox gathers no candidate without one) while nothing leaves the machine.

import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { scratch } from './scratch.js';

const ADDRESS = '10.78.0.1';

let count = 0;

export class Namespace {
  /** A new one, or the one that this process was started in. A bare one is new, and has no way out. */
  constructor({ isBare = false } = {}) {
    this.isOurs = isBare || process.env.BEDSIDE_NAMESPACE === undefined;
    if (!this.isOurs) {
      this.name = process.env.BEDSIDE_NAMESPACE;
      return;
    }
    count += 1;
    this.name = `bedside-${process.pid}-${count}`;
    ip('netns', 'add', this.name);
    const inside = (...args) => this.ip(...args);
    inside('link', 'set', 'lo', 'up');
    // Without IPv6 on the pair: its address would become usable a second later, and Chromium would fail every request
    // under way because "the network changed".
    ip('netns', 'exec', this.name, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6');
    if (isBare) return;
    inside('link', 'add', 'va', 'type', 'veth', 'peer', 'name', 'vb');
    inside('addr', 'add', `${ADDRESS}/24`, 'dev', 'va');
    inside('link', 'set', 'va', 'up');
    inside('link', 'set', 'vb', 'up');
    inside('route', 'add', 'default', 'via', '10.78.0.2');
  }

  /** Runs `ip` inside. */
  ip(...args) {
    ip('-n', this.name, ...args);
  }

  /** Starts a program inside. */
  spawn(program, args, options = {}) {
    return spawn('ip', ['netns', 'exec', this.name, program, ...args], options);
  }

  /** An executable that runs `program` inside, for drivers that take a path only. */
  wrapper(program) {
    const path = join(scratch('wrapper'), 'run');
    writeFileSync(path, `#!/bin/sh\nexec ip netns exec ${this.name} ${program} "$@"\n`);
    chmodSync(path, 0o755);
    return path;
  }

  /** Runs an nft script inside: loss, cuts. `nft flush ruleset` undoes it. */
  nft(script) {
    execFileSync('ip', ['netns', 'exec', this.name, 'nft', '-f', '-'], { input: script });
  }

  close() {
    if (this.isOurs) ip('netns', 'del', this.name);
  }
}

function ip(...args) {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'inherit'] });
}
