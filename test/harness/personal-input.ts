/** An input in which every string is a canary, which must appear in no response and no log line. */
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

/** The strings of the personal input, and the upstream key that `upstreamAt` sets. */
export const canaries = [
  'canary@example.com',
  'Canary Bird',
  '+15550100',
  'rse_canary',
  'sk_test_canary0key',
];
