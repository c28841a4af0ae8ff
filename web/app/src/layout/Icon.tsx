/** A Material Design icon by its path. Decoration only: what it says stands in text beside it. */

import { SvgIcon, type SvgIconProps } from "@mui/material";

export function Icon({ path, ...props }: { path: string } & Omit<SvgIconProps, "children" | "path">) {
  return (
    <SvgIcon aria-hidden {...props}>
      <path d={path} />
    </SvgIcon>
  );
}
