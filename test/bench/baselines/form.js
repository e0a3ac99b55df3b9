// What a developer would write by hand for this one call.
export function encodeForm({ eventType, evaluationContext }) {
  const fields = [`event_type=${eventType.toLowerCase()}`];
  evaluationContext.forEach(({ clientDetails, customerDetails }, index) => {
    const at = `evaluation_context[${index}]`;
    if (clientDetails) {
      fields.push(`${at}[type]=client_details`);
      fields.push(`${at}[client_details][radar_session]=${encodeURIComponent(clientDetails.radarSession)}`);
    } else {
      fields.push(`${at}[type]=customer_details`);
      const { customer, customerData } = customerDetails;
      if (customer) fields.push(`${at}[customer_details][customer]=${encodeURIComponent(customer)}`);
      for (const [name, value] of Object.entries(customerData ?? {})) {
        fields.push(`${at}[customer_details][customer_data][${name}]=${encodeURIComponent(value)}`);
      }
    }
  });
  return fields.join('&');
}
