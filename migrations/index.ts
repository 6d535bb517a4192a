import knexPackage, { type Knex } from 'knex';

import * as initial from './001_initial.ts';
import * as passkeys from './020_passkeys.ts';
import * as ceremony from './021_ceremony.ts';
import * as secondPerson from './022_second_person.ts';
import * as recovery from './023_recovery.ts';
import * as budgets from './024_budgets.ts';
import * as unsigned from './025_unsigned.ts';
import * as languages from './030_languages.ts';
import * as screens from './031_screens.ts';
import * as prompts from './040_prompts.ts';
import * as standing from './041_standing.ts';
import * as policies from './042_policies.ts';
import * as jobs from './050_jobs.ts';
import * as backchannel from './051_backchannel.ts';
import * as channels from './052_channels.ts';
import * as agentLifecycle from './060_agent_lifecycle.ts';
import * as agentLimits from './061_agent_limits.ts';
import * as registrations from './062_registrations.ts';
import * as trustedForMore from './063_trusted_for_more.ts';
import * as metadataDocuments from './064_metadata_documents.ts';
import * as workloads from './065_workloads.ts';
import * as resourceClaims from './066_resource_claims.ts';
import * as roles from './070_roles.ts';
import * as standingStops from './071_standing_stops.ts';
import * as idempotency from './072_idempotency.ts';
import * as agentDrafts from './073_agent_drafts.ts';
import * as signInProviders from './080_sign_in_providers.ts';
import * as passwords from './081_passwords.ts';
import * as groups from './090_groups.ts';
import * as deciders from './091_deciders.ts';
import * as toldDeciders from './092_told_deciders.ts';
import * as signInAgain from './095_sign_in_again.ts';
import * as howPeopleProve from './096_how_people_prove.ts';
import * as toldAndRefused from './097_told_and_refused.ts';
import * as useNow from './099_use_now.ts';
import * as instances from './100_instances.ts';
import * as credentials from './101_credentials.ts';
import * as clientSecrets from './102_client_secrets.ts';
import * as told from './113_told.ts';
import * as holders from './114_holders.ts';
import * as digests from './115_digests.ts';
import * as waitingQuestions from './117_waiting_questions.ts';
import * as claimsOfSubjects from './118_claims_of_subjects.ts';
import * as agentRules from './119_agent_rules.ts';
import * as reviewCampaigns from './120_review_campaigns.ts';
import * as styleSheets from './123_style_sheets.ts';
import * as groupNotices from './125_group_notices.ts';
import * as secretsWait from './129_secrets_wait.ts';
import * as askedBefore from './146_asked_before.ts';
import * as openCampaigns from './147_open_campaigns.ts';
import * as stopsFound from './150_stops_found.ts';
import * as mappedRoles from './151_mapped_roles.ts';
import * as recoveryCodes from './152_recovery_codes.ts';
import * as administeredBefore from './153_administered_before.ts';
import * as rolesAsked from './153_roles_asked.ts';
import * as reportedOnce from './154_reported_once.ts';
import * as environments from './156_environments.ts';

interface Migration {
  name: string;
  up(db: Knex): Promise<void>;
}

/** In order, by hand: the list is the history, and nothing runs because a file happened to be there. */
const migrations: readonly Migration[] = [
  { name: '001_initial', ...initial },
  { name: '020_passkeys', ...passkeys },
  { name: '021_ceremony', ...ceremony },
  { name: '022_second_person', ...secondPerson },
  { name: '023_recovery', ...recovery },
  { name: '024_budgets', ...budgets },
  { name: '025_unsigned', ...unsigned },
  { name: '030_languages', ...languages },
  { name: '031_screens', ...screens },
  { name: '040_prompts', ...prompts },
  { name: '041_standing', ...standing },
  { name: '042_policies', ...policies },
  { name: '050_jobs', ...jobs },
  { name: '051_backchannel', ...backchannel },
  { name: '052_channels', ...channels },
  { name: '060_agent_lifecycle', ...agentLifecycle },
  { name: '061_agent_limits', ...agentLimits },
  { name: '062_registrations', ...registrations },
  { name: '063_trusted_for_more', ...trustedForMore },
  { name: '064_metadata_documents', ...metadataDocuments },
  { name: '065_workloads', ...workloads },
  { name: '066_resource_claims', ...resourceClaims },
  { name: '070_roles', ...roles },
  { name: '071_standing_stops', ...standingStops },
  { name: '072_idempotency', ...idempotency },
  { name: '073_agent_drafts', ...agentDrafts },
  { name: '080_sign_in_providers', ...signInProviders },
  { name: '081_passwords', ...passwords },
  { name: '090_groups', ...groups },
  { name: '091_deciders', ...deciders },
  { name: '092_told_deciders', ...toldDeciders },
  { name: '095_sign_in_again', ...signInAgain },
  { name: '096_how_people_prove', ...howPeopleProve },
  { name: '097_told_and_refused', ...toldAndRefused },
  { name: '099_use_now', ...useNow },
  { name: '100_instances', ...instances },
  { name: '101_credentials', ...credentials },
  { name: '102_client_secrets', ...clientSecrets },
  { name: '113_told', ...told },
  { name: '114_holders', ...holders },
  { name: '115_digests', ...digests },
  { name: '117_waiting_questions', ...waitingQuestions },
  { name: '118_claims_of_subjects', ...claimsOfSubjects },
  { name: '119_agent_rules', ...agentRules },
  { name: '120_review_campaigns', ...reviewCampaigns },
  { name: '123_style_sheets', ...styleSheets },
  { name: '125_group_notices', ...groupNotices },
  { name: '129_secrets_wait', ...secretsWait },
  { name: '146_asked_before', ...askedBefore },
  { name: '147_open_campaigns', ...openCampaigns },
  { name: '150_stops_found', ...stopsFound },
  { name: '156_environments', ...environments },
  { name: '151_mapped_roles', ...mappedRoles },
  { name: '152_recovery_codes', ...recoveryCodes },
  { name: '153_roles_asked', ...rolesAsked },
  { name: '153_administered_before', ...administeredBefore },
  { name: '154_reported_once', ...reportedOnce },
];

/** Brings the database at `url` to the newest schema; answers the names of the migrations it ran. Forward only. */
export async function migrate(url: string): Promise<string[]> {
  const db = knexPackage({
    client: 'pg',
    // A string `connection` would lose the user of `postgresql://user@/db?host=/dir`.
    connection: { connectionString: url },
    pool: { min: 0, max: 2 },
  });
  try {
    const [, applied] = await db.migrate.latest({ migrationSource, tableName: 'migrations' });
    return (applied as string[]) ?? [];
  } finally {
    await db.destroy();
  }
}

const migrationSource: Knex.MigrationSource<Migration> = {
  getMigrations: async () => [...migrations],
  getMigrationName: ({ name }) => name,
  getMigration: async ({ up }) => ({
    up,
    down: async () => {
      throw new Error('Migrations only go forward: a bad one is repaired by the next.');
    },
  }),
};
