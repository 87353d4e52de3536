-- Each message is compared with the names of moderators and of the team. They are few among all accounts.
CREATE INDEX user_account_staff ON user_account (id, display_name)
  WHERE instr(permissions, '"moderate"') > 0 OR instr(permissions, '"team"') > 0;
