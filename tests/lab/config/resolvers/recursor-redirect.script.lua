-- An alias of a search page for addresses; for other types nothing, with the SOA record that the denial had.
function nxdomain(dq)
  if dq.qtype == pdns.A then
    dq.rcode = 0
    dq:addAnswer(pdns.CNAME, "search.provider.example.", 60)
    dq:addAnswer(pdns.A, "203.0.113.99", 60, "search.provider.example.")
    return true
  end
  if dq.qtype == pdns.MX or dq.qtype == pdns.AAAA then
    dq.rcode = 0
    dq:addRecord(pdns.SOA, "ns.root.lab. hostmaster.root.lab. 1 3600 900 86400 60", 2, 60, ".")
    return true
  end
  return false
end
