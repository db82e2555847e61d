// The company's Marketplace profile, with its logo.

import { useClient, useQuery } from "@crossgate/client/react";
import { useEffect, useState } from "react";

import type { Company } from "./app";
import { graphql } from "./gql";
import type { OwnProfileQuery, SaveMarketplaceProfileInput } from "./gql/graphql";
import { Failure, FormErrors, Select, TextArea, TextField, useForm } from "./ui";

const Own = graphql(`
  query OwnProfile($id: ID!) {
    node(id: $id) {
      ... on MarketplaceProfile {
        id version companyName bio contactEmail website visibility url viewerCan
        logo { url(size: MEDIUM) }
      }
    }
  }
`);

const Save = graphql(`
  mutation SaveProfile($input: SaveMarketplaceProfileInput!) {
    saveMarketplaceProfile(input: $input) {
      marketplaceProfile { id }
      userErrors { code message field }
    }
  }
`);

type Profile = Extract<OwnProfileQuery["node"], { companyName: string }>;

export function Profile({ company }: { company: Company }) {
  const id = company.marketplaceProfile?.id;
  const canSave = company.viewerCan.includes("SAVE_MARKETPLACE_PROFILE");
  return (
    <>
      <h1 tabIndex={-1}>Profile</h1>
      {id ? <Stored id={id} canSave={canSave} /> : <p>{company.tradingName} has no Marketplace profile that you can see.</p>}
    </>
  );
}

function Stored({ id, canSave }: { id: string; canSave: boolean }) {
  const { data, error, reload } = useQuery(Own, { id });
  if (error) return <Failure error={error} retry={reload} />;
  if (!data) return <p role="status">Loading …</p>;
  const profile = data.node as Profile | null;
  if (!profile) return <p>The profile isn't there any more.</p>;
  return canSave ? <ProfileForm key={profile.version} profile={profile} onSaved={reload} /> : <Shown profile={profile} />;
}

function Shown({ profile }: { profile: Profile }) {
  return (
    <>
      <Logo profile={profile} />
      <h2>{profile.companyName}</h2>
      <p>{profile.bio}</p>
      <p><a href={profile.url}>See it on the Marketplace</a></p>
    </>
  );
}

/** The logo. Until the profile is public, only those who can read it get the file, so it's fetched with the token. */
function Logo({ profile }: { profile: Profile }) {
  const client = useClient();
  const [source, setSource] = useState<string>();
  const url = profile.logo?.url;
  useEffect(() => {
    let object: string | undefined;
    const load = async () => {
      const response = await client.fetch(new URL(url!).pathname);
      if (response.ok) setSource((object = URL.createObjectURL(await response.blob())));
    };
    if (url) void load();
    return () => URL.revokeObjectURL(object ?? "");
  }, [client, url]);
  return source ? <img className="logo" src={source} alt={`Logo of ${profile.companyName}`} /> : null;
}

function ProfileForm({ profile, onSaved }: { profile: Profile; onSaved: () => Promise<void> }) {
  const client = useClient();
  const { form, errors, failure, isSending, send } = useForm();
  const [isSaved, setSaved] = useState(false);
  const save = async (values: FormData) => {
    setSaved(false);
    const isDone = await send(async () => {
      const logo = values.get("logo") as File;
      const uploaded = logo.size ? await upload(client.fetch, logo) : undefined;
      if (uploaded?.problem) return [{ code: "INVALID_VALUE", message: uploaded.problem, field: ["logoId"] }];
      const input: SaveMarketplaceProfileInput = {
        version: profile.version ?? null,
        companyName: String(values.get("companyName")),
        bio: String(values.get("bio")),
        contactEmail: String(values.get("contactEmail")),
        website: String(values.get("website")) || null,
        visibility: values.get("visibility") as SaveMarketplaceProfileInput["visibility"],
        ...(uploaded && { logoId: uploaded.id }),
      };
      return (await client.mutate(Save, { input })).data.saveMarketplaceProfile.userErrors;
    });
    if (isDone) {
      setSaved(true);
      await onSaved();
    }
  };
  return (
    <form
      ref={form}
      className="sheet"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void save(new FormData(event.currentTarget));
      }}
    >
      <FormErrors errors={errors} failure={failure} />
      {errors.version && <p className="failure" role="alert">{errors.version.join(" ")}</p>}
      <Logo profile={profile} />
      <TextField label="Logo" name="logo" type="file" accept="image/png,image/jpeg" hint="PNG or JPEG, at best 200 by 200 pixels." errors={errors.logoId} />
      <TextField label="Name" name="companyName" defaultValue={profile.companyName} errors={errors.companyName} />
      <TextArea label="About" name="bio" rows={5} defaultValue={profile.bio ?? ""} errors={errors.bio} />
      <TextField label="Contact email" name="contactEmail" type="email" defaultValue={profile.contactEmail ?? ""} errors={errors.contactEmail} />
      <TextField label="Website" name="website" type="url" defaultValue={profile.website ?? ""} errors={errors.website} />
      <Select label="Visibility" name="visibility" defaultValue={profile.visibility} errors={errors.visibility}>
        <option value="PRIVATE">Private</option>
        <option value="PUBLIC">Public</option>
      </Select>
      <button type="submit" disabled={isSending}>Save</button>
      <p role="status">{isSaved && "Saved."}</p>
    </form>
  );
}

/** Upload a picture. Returns its ID, or what is wrong with it. */
async function upload(send: typeof fetch, file: File): Promise<{ id: string; problem?: string }> {
  const response = await send("/files", { method: "POST", body: file });
  const answer = (await response.json()) as { id?: string; errors?: { message: string }[] };
  return answer.id ? { id: answer.id } : { id: "", problem: answer.errors?.[0]?.message ?? "The upload failed." };
}
