// A certificate for this machine that one browser trusts, as a clinic's own authority would make it.

import { execFileSync } from 'node:child_process';
import { createHash, createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { scratch } from './scratch.js';

/** The files, what `bedside serve` is given of them, and what makes Chromium trust this one key. */
export function makeCertificate() {
  const folder = scratch('certificate');
  const [certificate, key] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')];
  const what = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '2'];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  execFileSync('openssl', ['req', '-x509', ...kind, ...what, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
  const publicKey = createPublicKey(readFileSync(certificate)).export({ type: 'spki', format: 'der' });
  const hash = createHash('sha256').update(publicKey).digest('base64');
  return {
    certificate,
    key,
    args: ['--tls-certificate', certificate, '--tls-key', key],
    chromiumFlag: `--ignore-certificate-errors-spki-list=${hash}`,
  };
}
