/**
 * The schemas of the control plane's OpenAPI document, in the shape that `openapi-typescript` generates.
 * `npm run api` overwrites this file from `openapi.json`.
 */

export interface components {
  schemas: {
    Role: "patient" | "practitioner" | "staff" | "admin";
    SeatRole: "patient" | "practitioner" | "staff" | "admin" | "guest";
    Weekday: "monday" | "tuesday" | "wednesday" | "thursday" | "friday" | "saturday" | "sunday";
    Clinic: { id: string; name: string; slug: string; time_zone: string };
    Account: {
      id: string;
      clinic: components["schemas"]["Clinic"];
      role: components["schemas"]["Role"];
      name: string;
      email: string;
      time_zone: string;
      language: string;
    };
    Session: { account: components["schemas"]["Account"]; csrf_token: string; expires_at: string };
    SignIn: { email: string; password: string; clinic?: string };
    AccountChange: { time_zone?: string; language?: string };
    Practitioner: { id: string; name: string; title: string; specialty: string; time_zone: string };
    Slot: { start: string; end: string };
    Slots: {
      slots: components["schemas"]["Slot"][];
      practitioner_time_zone: string;
      available_now: components["schemas"]["Slot"] | null;
    };
    AvailabilityRule: { weekday: components["schemas"]["Weekday"]; from: string; until: string };
    Availability: {
      time_zone: string;
      visit_minutes: number;
      buffer_minutes: number;
      rules: components["schemas"]["AvailabilityRule"][];
    };
    Booking: {
      practitioner_id: string;
      start: string | null;
      now: boolean;
      time_zone: string;
      reason?: string;
    };
    AppointmentState: "booked" | "cancelled" | "in_progress" | "completed" | "no_show";
    JoinWindow: {
      open: boolean;
      opens_at: string;
      closes_at: string;
      problem: null | "too_early" | "too_late" | "cancelled" | "ended";
    };
    Presence: { seat: string; role: components["schemas"]["SeatRole"]; name: string; since: string };
    Appointment: {
      id: string;
      state: components["schemas"]["AppointmentState"];
      start: string;
      end: string;
      time_zone: string;
      wall_time: string;
      practitioner: { id: string; name: string; title: string; specialty: string };
      patient: { id: string; name: string };
      reason?: string | null;
      join: components["schemas"]["JoinWindow"];
      presence: components["schemas"]["Presence"][];
    };
    Person: { seat: string; role: components["schemas"]["SeatRole"]; name: string };
    IceServer: { urls: string[]; username?: string | null; credential?: string | null };
    Join: {
      url: string;
      token: string;
      seat: string;
      role: components["schemas"]["SeatRole"];
      ice_servers: components["schemas"]["IceServer"][];
      people: components["schemas"]["Person"][];
      appointment: { id: string; start: string; end: string };
    };
    GuestInvitation: { name: string; relation?: string };
    GuestLink: { id: string; name: string; relation?: string | null; link: string; expires_at: string };
    Guest: {
      id: string;
      name: string;
      relation?: string | null;
      expires_at: string;
      revoked: boolean;
    };
    GuestVisit: {
      appointment: {
        start: string;
        end: string;
        time_zone: string;
        practitioner_name: string;
        clinic_name: string;
        join: components["schemas"]["JoinWindow"];
      };
      name: string;
    };
  };
}
