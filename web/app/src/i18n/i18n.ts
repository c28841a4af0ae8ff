/** The languages of the pages. All strings are in the two files beside this one. */

import i18next from "i18next";
import { initReactI18next } from "react-i18next";

import de from "./de.json";
import en from "./en.json";

export const LANGUAGES = { en: "English", de: "Deutsch" } as const;
export type Language = keyof typeof LANGUAGES;

declare module "i18next" {
  interface CustomTypeOptions {
    resources: { translation: typeof en };
  }
}

/** Where this browser keeps the language that was used last: the sign-in page and guests have no account to ask. */
const KEPT_AS = "bedside.language";

export const i18n = i18next.createInstance();

/** Starts with the language used last, or the browser's first that we have; the account's replaces it after sign-in. */
export async function startI18n(preferred: readonly string[] = navigator.languages): Promise<void> {
  i18n.on("languageChanged", (language) => {
    document.documentElement.lang = language;
  });
  await i18n.use(initReactI18next).init({
    resources: { en: { translation: en }, de: { translation: de } },
    lng: firstKnown([...kept(), ...preferred]),
    fallbackLng: "en",
    // React escapes what it renders.
    interpolation: { escapeValue: false },
  });
  // From here on: what the browser prefers is asked again the next time.
  i18n.on("languageChanged", keep);
}

export function isLanguage(language: string): language is Language {
  return language in LANGUAGES;
}

function firstKnown(preferred: readonly string[]): Language {
  const languages = preferred.map((tag) => tag.split("-")[0] ?? "");
  return languages.find(isLanguage) ?? "en";
}

// Storage may be switched off: the language then holds as long as the page.

function kept(): string[] {
  try {
    return [localStorage.getItem(KEPT_AS) ?? ""];
  } catch {
    return [];
  }
}

function keep(language: string): void {
  try {
    localStorage.setItem(KEPT_AS, language);
  } catch {
    // See above.
  }
}
