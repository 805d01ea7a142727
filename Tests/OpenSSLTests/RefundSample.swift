import Testing

/// 退款结果通知 as WeChat and others published it: API key, `req_info`, and what it must become.
///
/// The plaintexts are long and hold nothing else to look at: their SHA-256 stands for them.
struct RefundSample: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let apiKey: String
  /// The key of the cipher, as text: MD5 of the API key in lower-case hexadecimal.
  let cipherKey: String
  let encrypted: String
  let plaintextCount: Int
  let plaintextStart: String
  let plaintextSHA256: String

  static let all = [
    RefundSample(
      testDescription: "silenceper/wechat, pay/notify/refund_test.go",
      apiKey: "ziR0QKsTUfMOuochC9RfCdmfHECorQAP",
      cipherKey: "a1fdc4d1da9fb443b1091d34bcee9493",
      encrypted: """
        YYwp8C48th0wnQzTqeI+41pflB26v+smFj9z6h9RPBgxTyZyxc+4YNEz7QEgZNWj/6rIb2MfyWMZmC\
        c41CfjKSssoSZPXxOhUayb6KvNSZ1p6frOX1PDWzhyruXK7ouNND+gDsG4yZ0XXzsL4/pYNwLLba/7\
        1QrnkJ/BHcByk4EXnglju5DLup9pJQSnTxjomI9Rxu57m9jg5lLQFxMWXyeASZJNvof0ulnHlWJswS\
        4OxKOkmW7VEyKyLGV6npoOm03Qsx2wkRxLsSa9gPpg4hdaReeUqh1FMbm7aWjyrVYT/MEZWg98p4Go\
        mEIYvz34XfDncTezX4bf/ZiSLXt79aE1/YTZrYfymXeCrGjlbe0rg/T2ezJHAC870u2vsVbY1/KcE2\
        A443N+DEnAziXlBQ1AeWq3Rqk/O6/TMM0lomzgctAOiAMg+bh5+Gu1ubA9O3E+vehULydD5qx2o6i3\
        +qA9ORbH415NyRrQdeFq5vmCiRikp5xYptWiGZA0tkoaLKMPQ4ndE5gWHqiBbGPfULZWokI+QjjhhB\
        mwgbd6J0VqpRorwOuzC/BHdkP72DCdNcm7IDUpggnzBIy0+seWIkcHEryKjge3YDHpJeQCqrAH0Cgx\
        XHDt1xtbQbST1VqFyuhPhUjDXMXrknrGPN/oE1t0rLRq+78cI+k8xe5E6seeUXQsEe8r3358mpcDYS\
        mXWSXVZxK6er9EF98APqHwcndyEJD2YyCh/mMVhERuX+7kjlRXSiNUWa/Cv/XAKFQuvUYA5ea2eYWt\
        PRHa4DpyuF1SNsaqVKfgqKXZrJHfAgslVpSVqUpX4zkKszHF4kwMZO3M7J1P94Mxa7Tm9mTOJePOoH\
        PXeEB+m9rX6pSfoi3mJDQ5inJ+Vc4gOkg/Wd/lqiy6TTyP/dHDN6/v+AuJx5AXBo/2NDD3fWhHjkqE\
        KIuARr2ClZt9ZRQO4HkXdZo7CN06sGCHk48Tg8PmxnxKcMZm7Aoquv5yMIM2gWSWIRJhwJ8cUpafIH\
        c+GesDlbF6Zbt+/KXkafJAQq2RklEN+WvZ/zFz113EPgWPjp16TwBoziq96MMekvWKY/vdhjol8VFt\
        GH9F61Oy1Xwf6DJtPw==
        """,
      plaintextCount: 820, plaintextStart: "<root>\n<out_refund_no",
      plaintextSHA256: "fe9673e322c7ed0db1fa2871c6fce06da29e8063215a8418c54db8f192a7f451"),
    RefundSample(
      testDescription: "wechatpy, tests/test_crypto.py",
      apiKey: "OF4Ne3znh8KqL0V4NqmALQa0uXMYKcEk",
      cipherKey: "63dfc0c1f53d9bc83a8fdc365b8141da",
      encrypted: """
        51A27s9LxbaEv52nBOrqa0FCs3HVIM31Wc3BpNqSCP5MQlS8HL1Vl7mZ21043B7PZy7adtOZGtZv44\
        lGl0U8JXlVFL4Ltxsw6+pACjZBB0Qi1LUDjFlP2IyTxYX4eC57kxnCphDdIyRkU67kOWW/HN/efggT\
        UlaPJkoL5kVe9Y1MZF55IHR4lwGI7WtVLtxATX1tkAVZF+/ri0WlPXo9+GkqeB2/id6Ozw09Tqp8C/\
        TKbmKBpRhTCRU2TzfQoLa6fjbgETFHJ795aEMyUZPQYbbsz6U9Rj9lUzEh8+Oc8KYTXa9zVk+nnFr8\
        2+yjffb3d36ylTe0y/VmYf90rf9cbiJQdM00zZ8Qa99SlMTs2wjOO4Mi4Btlg1PebsLF8TkqbSZkRJ\
        DGs61UunUB8Km1b/VeBxXuv4D3H7DiVZ9Fj7lq2j07zFDpxxlhhen7kZvMWWO3lrfFpA9c4eFOqfF9\
        SxcU9nBmHfDD1g/dsrMl6+a71xQHJ/gn80fZOefUBv92ggqutsuJ4gd4OqkmO0XUs8e4XQyLpra+Lv\
        pmahsU5lBIZuQcMq3FHrqe8hXTfp3+3qym2wGfvPI75jx41VZwmBQy9izB1Id+A5lUeXC5QJy+ryDu\
        /dWkhB+aMjkElaI/Epmcc/IEPaI73W6Hc58hNednOM536rPnn+GDc98PdGszpLTjmaZSu8dtqwPaym\
        66yRqFQowzFoBbooik57iHUFBCeWya7XcXYL9WKhRF3uIZM+Kfv9/Zs2pF+w9/EJpltuzPpT1GP2VT\
        MSHz45zwphFlS2lX8wHyZ+k9n2dptzQqpOCPedt5iQAmAe1oNQMxNdPDH9g68x9UzWD1kfK/dPO+3N\
        PAh0XG+io4x15fIknNf7JLjpAuWicMMzCdwC4hhqeYOzQ+pC9f2xJXi5YViNKIZY69oO8eoHYRitLZ\
        rHLgx3oB2zimmqX6BI+DMklKAzAqqgGmbFxcVTvxZB6cMCx+H7TTWXnjAG+6A3SrCcxg0l5+UB93pk\
        AYR7SVJ+VaZoiBqlqnZvb7IM17n9XaaFntlzvbbFCIa7OnOQb5Lvw=
        """,
      plaintextCount: 795, plaintextStart: "<root>\n<out_refund_no",
      plaintextSHA256: "b707671ec7a175abcd80ff33e6bab415457d12ea7e7d8621e1642a67fd848791"),
    RefundSample(
      testDescription: "linjunpop/wechat_pay, refund_test.exs",
      apiKey: "192006250b4c09247ec02edce69f6a2d",
      cipherKey: "d96eb16afdd491fa1e705096edbc2205",
      encrypted: """
        4gS8kbcHysCW7bHqyEU0M4GTNkgJQP6/zKHbA/E3CvyZ1kyFxob5yLZ/MVNzuc8py3P9bZ/5q+Yzfe\
        Cs3am4Fo/VN6EyCK9c1oSZIPajwNrIWt36UG9lhdGdYOi14ywDO+I0SWiENSkQgeWL8pB3YX1szHW8\
        UA0nmExbrM7u1coa91uRG/rIpW4D72i3wR5to4kdZtN8E+omK6fkLxN+NkPSS3u2xvdRBans3+SZSR\
        sGo/RlgDPSZRN8Oxyv8YDEQpnX7V42+wB2CTgWf4yAz2Nm6JFS+jUdfLWcHiwFOIAOKEvcACtqxboY\
        mq/H5iiutISroTbDe2FgSOX9aUi8S6XqRsy0GinJWFNSK6KgJz1yFXMpjXLpcvNte2cIbsASEAW19Z\
        EwpaYpiUvoORsbiXWksn0uzlJ0OFHQodqiS9lpoJBvJtrJ4jFajRtg9oiXdr9jpDJcXt2CDNGPgLYi\
        Av55JpoM4nYOFfq5ZPpd+T1nuXNYkq3cldx+aDO8Pq3InAFmOYfMG/tg/CwivVFgPcBJye5c1l1Y41\
        KJa1Wgpp4R6g1BBn1acfteCDdWTfNmkd+JXXXeW/g4CWpy2XpJjN2q5EGN6yPIwbte84KNgbAGoMkj\
        ls51B5uKGXtsscr9us7jBkMXlLCQ63swgU1RqVp2t3LTJB5+hbctiaZSYXfGL9XlJcEPqz8s4jTsg6\
        X4Kg7+WNeTEg2BT1tBYOnQkTv1CsQlH1aRLh7eaYFi1isbY0X/BKFvaXglL4gqPf1+mWKfZZjxYFlS\
        fmH+VnCau0s96ey3pTIhzp2YQtUkAm/f5vU3kPgAVi2C7HJ1/s958Iipdzi6ho4MzyZQQNkPlYNbPq\
        mCs2mMCwn+7uNhqD37bWtRGyiQYc6tuPVLmkXfTxulIqCx9G9HdZ0qntkJfcKnZ1EwEQkw2YUu8VPC\
        VCPAxxRqC8TFpqu3gKxheAMSTFVmxmICZXt4Gk746+vMdUrDJlkPnOkhHrRN06wnbiM+foR8ID/ZrI\
        v/PdUCAXXw/B9aB9zNXVv0WZGleNFNA6qONbk/Ne95To6JzOLv2AtnYqMCnSIxGKe/ra5bDIokZSjd\
        wZhoVNVwBb78Z6z3Ag==
        """,
      plaintextCount: 820, plaintextStart: "<root>\n<out_refund_no",
      plaintextSHA256: "90a15628a543d09f9100f5ccd56797042ba650acba2704df5d06bd928e72698a"),
    RefundSample(
      testDescription: "an MD5 that starts with zeros, which must not be lost",
      apiKey: "zeroMd5KeyForTests00000000000375",
      cipherKey: "002b1e81b6f483e903dc7576b4e99e1e",
      encrypted: """
        tX42J83t2vU1Ihqv7dlEmDN7UG7pSFJgoS9gAbSdinTOJo5TnVDGNX6fTBA3iK8PWI+7eMu6ccC1s0\
        8nv+OlILsvJWuBwkrwZ6Jh7sKvddLub10jhybiaeYQasRRrciHElLYfcaXu9cKZE0QDQW9r0oajxia\
        FuBWpPKrdp0j3KfYsqOdvSKcd2IjXZvPW3a8SEMVctZG0XvIFAwUQDmgjYUvrhEookR2d2hGHaknWe\
        WJdw8Fpp7eBbpZlfDUQDdmd069vzNn9EYFOO3CbCta3Ed2eQFnQLmgq5c62da/bgCeY4edN29+sidF\
        DRbtSglLxxsFBSRCPdyu43d0as4/f5/Z2gROx01Gz1HixFED6oXj42a31IVlnpQlLoKnWxwAlDdPux\
        3HDPtooPK4WgnTOnuWhmd5keiTLoY/kyJhGaUPPQcQ2yz1zq65yEPi4NzrZVPMb6c6FzEFYQzFEz98\
        AA60T8ktAEvf99wul0JBQR8sbFhv89by9tsZ/NqHGfLB1hUs+tlhrTZAmsqzF+QphsTN7IKICvlHi9\
        j+zftj75fp1BU9WR6sJ46ZiJ7qdehVwU1ZKER/MotHVAZfcq4qsLO75ja8XfFH9EPsJF4lHQeN/jaN\
        Fm1mCTkC1AhBFHbu+FztwEJmpqSSSJhgFbR0aq4eTyTw0tHDIKxeCaAjKtc0BWLKO5U0Nmu7YNuAfc\
        6eivZHUx+SrJjrxP0Or/JbPyClILhxIlcyUzVEa9Qy8SZvbzyD9qRwbyoXmn19/xxB883lHN2iACkL\
        rpCbrkD2DZnPsDYZS12K1kZ0SCD79paRTc3qv5rVde6E7Z4VeaVqoWL2CNGxwnomYqZWKzrNDT21cm\
        l0lHqoE8snMeqyUSa8Q8aV9OP6ES0pdG3s2K33VFKG2fN/6VC8yoR7piBjW5+laAqyt9ElH24GhFW/\
        Eud+VZLklG7rOFvoQyRQ/71VJu5JiPwOugRrXlnTzrFSVfpv2FI18KefhcOo3gYDLee3g51mKv/KBB\
        hmL/zUtVsK
        """,
      plaintextCount: 753, plaintextStart: "<root><out_refund_no>",
      plaintextSHA256: "cb31d3b496928702a8bf9e89e49188b26f4abfe4bb3b417546a408710340e47c"),
  ]
}
