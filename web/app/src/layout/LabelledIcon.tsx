/** An icon that says something by itself: with its words for screen readers and for the pointer. */

import { SvgIcon } from "@mui/material";

export function LabelledIcon({ path, label }: { path: string; label: string }) {
  return (
    <SvgIcon titleAccess={label} fontSize="small">
      <path d={path} />
    </SvgIcon>
  );
}
