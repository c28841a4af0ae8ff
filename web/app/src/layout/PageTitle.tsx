/** The heading of a page. It names the document too, and takes the focus, so that a screen reader starts here. */

import { Typography } from "@mui/material";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";

export function PageTitle({ children }: { children: string }) {
  const { t } = useTranslation();
  const heading = useRef<HTMLHeadingElement>(null);
  const name = t("app.name");

  useEffect(() => {
    document.title = `${children} · ${name}`;
  }, [children, name]);

  useEffect(() => {
    heading.current?.focus();
  }, []);

  return (
    <Typography ref={heading} variant="h1" tabIndex={-1} sx={{ mb: 2, "&:focus": { outline: "none" } }}>
      {children}
    </Typography>
  );
}
