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

export const i18n = i18next.createInstance();

/** Starts with the first language of the browser that we have; the account's replaces it after sign-in. */
export async function startI18n(preferred: readonly string[] = navigator.languages): Promise<void> {
  i18n.on("languageChanged", (language) => {
    document.documentElement.lang = language;
  });
  await i18n.use(initReactI18next).init({
    resources: { en: { translation: en }, de: { translation: de } },
    lng: firstKnown(preferred),
    fallbackLng: "en",
    // React escapes what it renders.
    interpolation: { escapeValue: false },
  });
}

export function isLanguage(language: string): language is Language {
  return language in LANGUAGES;
}

function firstKnown(preferred: readonly string[]): Language {
  const languages = preferred.map((tag) => tag.split("-")[0] ?? "");
  return languages.find(isLanguage) ?? "en";
}
