// Every page and state on a phone, in German: no English string is left.

import { everyPage } from '../support/every-page.js';

everyPage({ size: 'phone', phone: true, language: 'de', locale: 'de-DE' });
