/** Every language should say everything. */

import { expect, it } from "vitest";

import { ApiError, NetworkError } from "../src/api/problem";
import de from "../src/i18n/de.json";
import en from "../src/i18n/en.json";
import { i18n } from "../src/i18n/i18n";
import { problemText } from "../src/i18n/problem-text";

function texts(value: object, prefix = ""): Map<string, string> {
  return new Map(
    Object.entries(value).flatMap(([key, entry]: [string, string | object]) =>
      typeof entry === "string" ? [[prefix + key, entry]] : [...texts(entry, `${prefix}${key}.`)],
    ),
  );
}

it("has the same keys in all languages", () => {
  expect([...texts(de).keys()].sort()).toEqual([...texts(en).keys()].sort());
});

it("fills in the same values in all languages", () => {
  const holes = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1]).sort();
  const german = texts(de);
  for (const [key, text] of texts(en)) {
    expect(holes(german.get(key) ?? ""), key).toEqual(holes(text));
  }
});

it("has no empty text", () => {
  for (const [key, text] of [...texts(en), ...texts(de)]) expect(text.trim(), key).not.toBe("");
});

it("says what is wrong in the reader's words, never in the server's", () => {
  const refused = (type: string) => new ApiError(409, { type, detail: "select * from account" });

  expect(problemText(i18n.t, refused("/problems/slot-taken"))).toBe(en.problem["slot-taken"]);
  expect(problemText(i18n.t, refused("/problems/brand-new"))).toBe(en.problem.unknown);
  expect(problemText(i18n.t, new NetworkError())).toBe(en.problem.network);
});
