/** An input in which every string is a canary: none may appear in an answer or in the log. */
export const personalInput = {
  eventType: 'REGISTRATION',
  evaluationContext: [
    { clientDetails: { radarSession: 'rse_canary' } },
    {
      customerDetails: {
        customerData: { email: 'canary@example.com', name: 'Canary Bird', phone: '+15550100' },
      },
    },
  ],
};

/** The personal input's strings, and the upstream key that `upstreamAt` sets. */
export const canaries = [
  'canary@example.com',
  'Canary Bird',
  '+15550100',
  'rse_canary',
  'sk_test_canary0key',
];
