addTA(".", "@ANCHOR_DS@")
rpzFile("@DIR@/rpz.lab.zone", {policyName="rpz.lab", extendedErrorCode=15, extendedErrorExtra="a policy"})
