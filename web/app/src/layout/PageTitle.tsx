/**
 * The heading of a page. It names the document too, and takes the focus, so that a screen reader starts here. `news` is how
 * much there is to see here, for somebody who looks at another tab.
 */

import { Typography } from "@mui/material";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";

export function PageTitle({ children, news = 0 }: { children: string; news?: number }) {
  const { t } = useTranslation();
  const heading = useRef<HTMLHeadingElement>(null);
  const name = t("app.name");

  useEffect(() => {
    document.title = `${news > 0 ? `(${String(news)}) ` : ""}${children} · ${name}`;
  }, [children, name, news]);

  useEffect(() => {
    heading.current?.focus();
  }, []);

  return (
    <Typography ref={heading} variant="h1" tabIndex={-1} sx={{ mb: 2, "&:focus": { outline: "none" } }}>
      {children}
    </Typography>
  );
}
