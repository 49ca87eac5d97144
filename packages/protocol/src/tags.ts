/** Tags that have a meaning to the server (protocol section 2). */
export const TAG = {
  target: 'resonate:target',
  timer: 'resonate:timer',
  delay: 'resonate:delay',
  branch: 'resonate:branch',
  origin: 'resonate:origin',
  parent: 'resonate:parent',
  prefix: 'resonate:prefix',
  scope: 'resonate:scope',
  schedule: 'resonate:schedule',
} as const;
