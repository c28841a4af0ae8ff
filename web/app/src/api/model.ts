/** Short names for the generated schemas. Nothing is declared here by hand. */

import type { components } from "./schema";

type Schemas = components["schemas"];

export type Role = Schemas["AccountRole"];
export type SeatRole = Schemas["SeatRole"];
export type Weekday = Schemas["Weekday"];
export type Account = Schemas["Account"];
export type Session = Schemas["SessionView"];
export type SignIn = Schemas["SignIn"];
export type AccountChange = Schemas["ProfileChange"];
export type Practitioner = Schemas["Practitioner"];
export type Slot = Schemas["Slot"];
export type Slots = Schemas["Slots"];
export type Availability = Schemas["Availability"];
export type AvailabilityRule = Schemas["AvailabilityRule"];
export type Booking = Schemas["Booking"];
export type Appointment = Schemas["Appointment"];
export type AppointmentState = Schemas["AppointmentState"];
export type JoinWindow = Schemas["JoinWindow"];
export type Presence = Schemas["Presence"];
export type Person = Schemas["Person"];
export type Join = Schemas["Join"];
export type GuestInvitation = Schemas["GuestInvitation"];
export type GuestLink = Schemas["GuestLink"];
export type Guest = Schemas["Guest"];
export type GuestVisit = Schemas["GuestVisit"];
export type QualityCause = Schemas["QualityCause"];
export type QualityStretch = Schemas["QualityStretch"];
export type PersonQuality = Schemas["PersonQuality"];
export type VisitQuality = Schemas["VisitQuality"];
export type QualitySums = Schemas["QualitySums"];
export type QualitySummary = Schemas["QualitySummary"];
