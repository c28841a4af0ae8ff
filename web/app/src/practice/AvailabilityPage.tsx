/** The weekly hours of the practitioner: loading them. */

import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { readAvailability } from "../api/endpoints";
import { ErrorNotice } from "../errors/ErrorNotice";
import { Loading } from "../layout/Loading";
import { PageTitle } from "../layout/PageTitle";
import { AvailabilityForm } from "./AvailabilityForm";

export const AVAILABILITY_KEY = ["availability"];

export function AvailabilityPage() {
  const { t } = useTranslation();
  // Not refreshed in the background: somebody may be typing.
  const availability = useQuery({
    queryKey: AVAILABILITY_KEY,
    queryFn: readAvailability,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <>
      <PageTitle>{t("availability.title")}</PageTitle>
      {availability.isPending && <Loading />}
      {availability.isError && (
        <ErrorNotice error={availability.error} onRetry={() => void availability.refetch()} />
      )}
      {availability.data && <AvailabilityForm availability={availability.data} />}
    </>
  );
}
