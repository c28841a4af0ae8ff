/** The doors of the control plane that the pages use, one function each. */

import { request, type RequestOptions } from "./client";
import type {
  Account,
  AccountChange,
  Appointment,
  Availability,
  Booking,
  Guest,
  GuestInvitation,
  GuestLink,
  GuestVisit,
  Join,
  Person,
  Practitioner,
  QualitySummary,
  Session,
  SignIn,
  Slots,
  VisitQuality,
} from "./model";

/** A span of time, as RFC 3339 instants. */
export interface Span {
  from: string;
  until: string;
}

/** For reads that a page repeats by itself. */
type ReadOptions = Pick<RequestOptions, "isBackground">;

const query = (span: Span) => new URLSearchParams({ from: span.from, until: span.until }).toString();
const appointment = (id: string) => `/api/appointments/${encodeURIComponent(id)}`;

export const signIn = (body: SignIn) => request<Session>("POST", "/api/session", { body });
export const readSession = (options?: ReadOptions) => request<Session>("GET", "/api/session", options);
export const signOut = () => request<undefined>("DELETE", "/api/session");
export const changeAccount = (body: AccountChange) => request<Account>("PATCH", "/api/me", { body });

export const listPractitioners = () => request<Practitioner[]>("GET", "/api/practitioners");
export const listSlots = (practitioner: string, span: Span, options?: ReadOptions) =>
  request<Slots>(
    "GET",
    `/api/practitioners/${encodeURIComponent(practitioner)}/slots?${query(span)}`,
    options,
  );
export const readAvailability = () => request<Availability>("GET", "/api/me/availability");
export const replaceAvailability = (body: Availability) =>
  request<Availability>("PUT", "/api/me/availability", { body });

export const book = (body: Booking, idempotencyKey: string) =>
  request<Appointment>("POST", "/api/appointments", { body, idempotencyKey });
export const listAppointments = (span: Span, options?: ReadOptions) =>
  request<Appointment[]>("GET", `/api/appointments?${query(span)}`, options);
export const readAppointment = (id: string, options?: ReadOptions) =>
  request<Appointment>("GET", appointment(id), options);
export const cancelAppointment = (id: string) => request<Appointment>("POST", `${appointment(id)}/cancel`);
export const joinAppointment = (id: string) => request<Join>("POST", `${appointment(id)}/join`);
export const listPeople = (id: string) => request<Person[]>("GET", `${appointment(id)}/people`);

export const readVisitQuality = (id: string, options?: ReadOptions) =>
  request<VisitQuality>("GET", `${appointment(id)}/quality`, options);
export const readQualitySummary = () => request<QualitySummary>("GET", "/api/quality");

export const inviteGuest = (id: string, body: GuestInvitation) =>
  request<GuestLink>("POST", `${appointment(id)}/guests`, { body });
export const listGuests = (id: string) => request<Guest[]>("GET", `${appointment(id)}/guests`);
export const revokeGuest = (id: string, guest: string) =>
  request<undefined>("DELETE", `${appointment(id)}/guests/${encodeURIComponent(guest)}`);

export const readGuestVisit = (secret: string) =>
  request<GuestVisit>("POST", "/api/guest", { body: { secret } });
export const joinAsGuest = (secret: string) => request<Join>("POST", "/api/guest/join", { body: { secret } });
export const listPeopleAsGuest = (secret: string) =>
  request<Person[]>("POST", "/api/guest/people", { body: { secret } });
