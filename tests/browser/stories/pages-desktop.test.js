// Every page and state on a desktop, in English.

import { everyPage } from '../support/every-page.js';

everyPage({ size: 'desktop', phone: false, language: 'en', locale: 'en-GB' });
