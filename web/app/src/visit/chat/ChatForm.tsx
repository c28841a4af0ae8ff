/** Where one writes. Enter sends, Shift and Enter begins a line. */

import { mdiSend } from "@mdi/js";
import { Box, IconButton, TextField } from "@mui/material";
import { type KeyboardEvent, useState } from "react";
import { useTranslation } from "react-i18next";

import { Icon } from "../../layout/Icon";

export function ChatForm({ onSay }: { onSay: (text: string) => boolean }) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const [isTooLong, setTooLong] = useState(false);
  const send = () => {
    if (text.trim() === "") return;
    const isTaken = onSay(text);
    setTooLong(!isTaken);
    if (isTaken) setText("");
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // An input method uses Enter to take what it proposes.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };

  return (
    <Box
      component="form"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
      sx={{ display: "flex", alignItems: "flex-end", gap: 1, p: 1.5 }}
    >
      <TextField
        label={t("visit.chat.message")}
        placeholder={t("visit.chat.write")}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setTooLong(false);
        }}
        onKeyDown={onKeyDown}
        error={isTooLong}
        helperText={isTooLong ? t("visit.chat.tooLong") : undefined}
        multiline
        maxRows={5}
        fullWidth
        size="small"
        autoComplete="off"
      />
      <IconButton type="submit" color="primary" aria-label={t("visit.chat.send")}>
        <Icon path={mdiSend} />
      </IconButton>
    </Box>
  );
}
