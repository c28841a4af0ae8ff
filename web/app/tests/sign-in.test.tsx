/** Signing in should lead to the own first page, and say how to repair what is wrong. */

import { screen } from "@testing-library/react";
import { beforeEach, expect, it } from "vitest";

import { FakeControlPlane } from "./support/control-plane";
import { expectNoViolation, openPage } from "./support/page";
import { session } from "./support/people";

let server: FakeControlPlane;

beforeEach(() => {
  server = new FakeControlPlane().install().refuse("GET /api/session", 401, "not-signed-in");
});

async function fillIn(user: ReturnType<typeof openPage>["user"]) {
  await user.type(await screen.findByLabelText("E-mail"), "maya@example.test");
  await user.type(screen.getByLabelText("Password"), "secret");
  await user.click(screen.getByRole("button", { name: "Sign in" }));
}

it("asks who comes to a page of the app", async () => {
  openPage("/book");

  expect(await screen.findByRole("heading", { name: "Sign in" })).toBeVisible();
  await expectNoViolation();
});

it("leads to the page that was asked for", async () => {
  server.on("POST /api/session", session("patient")).on("GET /api/practitioners", []);
  const { user } = openPage("/book");

  await fillIn(user);

  expect(await screen.findByRole("heading", { name: "Book a visit" })).toHaveFocus();
  expect(server.askedFor("POST /api/session")[0]?.body).toEqual({
    email: "maya@example.test",
    password: "secret",
  });
});

it("says that the password is wrong", async () => {
  server.refuse("POST /api/session", 401, "bad-credentials");
  const { user } = openPage("/sign-in");

  await fillIn(user);

  expect(await screen.findByRole("alert")).toHaveTextContent("E-mail or password is not right.");
  await expectNoViolation();
});

it("says when to try again", async () => {
  server.refuse("POST /api/session", 429, "too-many-attempts", {}, { "retry-after": "42" });
  const { user } = openPage("/sign-in");

  await fillIn(user);

  expect(await screen.findByRole("alert")).toHaveTextContent("Try again in 42 seconds.");
});

it("names the field that is missing, at the field", async () => {
  const { user } = openPage("/sign-in");

  await user.click(await screen.findByRole("button", { name: "Sign in" }));

  expect(screen.getByLabelText("E-mail")).toHaveAccessibleDescription(/Enter the e-mail address/);
  expect(screen.getByLabelText("E-mail")).toHaveFocus();
  expect(server.askedFor("POST /api/session")).toEqual([]);
});

it("speaks the language of the account", async () => {
  server.on("GET /api/session", session("patient", { language: "de" })).on("GET /api/appointments", []);
  openPage("/");

  expect(await screen.findByRole("heading", { name: "Meine Termine" })).toBeVisible();
  expect(document.documentElement.lang).toBe("de");
});
