/** How Bedside looks: calm, light, large targets. Every colour pair here is at least 4.5:1 (WCAG 2.2 AA 1.4.3). */

import { createTheme } from "@mui/material/styles";

/** Comfortable for a finger of any age; above WCAG 2.2's 24 px (2.5.8). */
const TARGET_PX = 48;

const INK = "#17303a";
const QUIET_INK = "#48606a";
const TEAL = "#0b5c6b";
const PAPER = "#ffffff";
const GROUND = "#f3f7f8";
const LINE = "#c9d6da";

const focusRing = { outline: `3px solid ${TEAL}`, outlineOffset: 2 };

export const theme = createTheme({
  palette: {
    mode: "light",
    primary: { main: TEAL, dark: "#084653", light: "#d8ecef", contrastText: "#ffffff" },
    secondary: { main: "#4b4f9c", contrastText: "#ffffff" },
    success: { main: "#1f6b3f", light: "#dff1e6", contrastText: "#ffffff" },
    warning: { main: "#8a4b00", light: "#fdeed6", contrastText: "#ffffff" },
    error: { main: "#a8232c", light: "#fbe4e5", contrastText: "#ffffff" },
    info: { main: TEAL, light: "#d8ecef", contrastText: "#ffffff" },
    background: { default: GROUND, paper: PAPER },
    text: { primary: INK, secondary: QUIET_INK },
    divider: LINE,
  },
  shape: { borderRadius: 12 },
  typography: {
    fontFamily:
      'Inter, "Segoe UI", system-ui, -apple-system, "Noto Sans", Roboto, "Helvetica Neue", Arial, sans-serif',
    h1: { fontSize: "1.75rem", fontWeight: 650, lineHeight: 1.25, letterSpacing: "-0.01em" },
    h2: { fontSize: "1.25rem", fontWeight: 650, lineHeight: 1.3 },
    // The title of a dialog.
    h6: { fontSize: "1.25rem", fontWeight: 650, lineHeight: 1.3 },
    h3: { fontSize: "1.0625rem", fontWeight: 650, lineHeight: 1.4 },
    body1: { fontSize: "1rem", lineHeight: 1.55 },
    body2: { fontSize: "0.9375rem", lineHeight: 1.5 },
    button: { fontSize: "1rem", fontWeight: 600, textTransform: "none" },
  },
  components: {
    MuiCssBaseline: {
      styleOverrides: {
        "html, body, #root": { height: "100%" },
        "a, button, input, select, textarea, [tabindex]": { scrollMarginBlock: 96 },
        ":focus-visible": focusRing,
        "@media (prefers-reduced-motion: reduce)": {
          "*, *::before, *::after": {
            animationDuration: "0.01ms !important",
            animationIterationCount: "1 !important",
            transitionDuration: "0.01ms !important",
            scrollBehavior: "auto !important",
          },
        },
      },
    },
    MuiButtonBase: {
      defaultProps: { disableRipple: true },
      styleOverrides: { root: { "&.Mui-focusVisible": focusRing } },
    },
    MuiButton: {
      defaultProps: { disableElevation: true },
      styleOverrides: { root: { minHeight: TARGET_PX, paddingInline: 20, borderRadius: 10 } },
    },
    MuiIconButton: { styleOverrides: { root: { minWidth: TARGET_PX, minHeight: TARGET_PX } } },
    MuiToggleButton: {
      styleOverrides: { root: { minHeight: TARGET_PX, textTransform: "none", color: INK } },
    },
    MuiMenuItem: { styleOverrides: { root: { minHeight: TARGET_PX } } },
    MuiPaper: { defaultProps: { elevation: 0 } },
    MuiCard: { styleOverrides: { root: { border: `1px solid ${LINE}` } } },
    MuiChip: { styleOverrides: { root: { fontWeight: 600, height: 30, borderRadius: 8 } } },
    MuiDialog: { styleOverrides: { paper: { border: `1px solid ${LINE}` } } },
    MuiDialogActions: { styleOverrides: { root: { padding: 20, paddingTop: 8, gap: 8, flexWrap: "wrap" } } },
    MuiTextField: { defaultProps: { fullWidth: true } },
    MuiCheckbox: { styleOverrides: { root: { padding: 11 } } },
    MuiAlert: {
      styleOverrides: {
        root: ({ theme: { palette }, ownerState: { severity = "info" } }) => ({
          alignItems: "center",
          borderRadius: 10,
          border: `1px solid ${palette[severity].main}`,
          backgroundColor: palette[severity].light,
          color: palette.text.primary,
        }),
      },
    },
    MuiLink: { defaultProps: { underline: "always" } },
  },
});
