// Relays TCP connections to an address and port to the same port of the loopback.

import { connect, createServer } from 'node:net';

const [address, port] = process.argv.slice(2);

createServer((near) => {
  const far = connect(Number(port), '127.0.0.1');
  near.setNoDelay(true);
  far.setNoDelay(true);
  near.pipe(far).pipe(near);
  near.on('error', () => far.destroy());
  far.on('error', () => near.destroy());
}).listen(Number(port), address);
