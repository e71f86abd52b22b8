/// Parameters that several programs read; the others are declared by the module that obeys them.
package enum BaseParameters {
    package static let all: [any AnyParameter] = identity + network + directories + logging + limits + services + tables

    // MARK: Who and where we are

    package static let compatibilityLevel = Parameter<String>(
        "compatibility_level", default: "0",
        summary: "The level of defaults that main.cf was written for; some defaults are older ones below 1, 2 and 3.6.")
    package static let myhostname = Parameter<String>(
        "myhostname", default: "",
        summary: "The host's full name, in greetings and Received. Default: the kernel's name, with mydomain if it has no dot.")
    package static let mydomain = Parameter<String>(
        "mydomain", default: "localdomain", summary: "The host's domain. Default: myhostname without its first label.")
    package static let myorigin = Parameter<String>(
        "myorigin", default: "$myhostname",
        summary: "The domain that is added to an address without one. A path means: the first line of that file.")
    package static let mydestination = Parameter<WordList>(
        "mydestination", default: "$myhostname, localhost.$mydomain, localhost",
        summary: "Domains whose mail local_transport delivers: names, /files and type:tables.")
    package static let mailName = Parameter<String>(
        "mail_name", default: "Martlet", summary: "What this mail system calls itself in greetings and Received.")
    package static let mailVersion = Parameter<String>("mail_version", default: "0.1.0", summary: "The version of Martlet.")

    package static let identity: [any AnyParameter] = [
        compatibilityLevel, myhostname, mydomain, myorigin, mydestination, mailName, mailVersion,
    ]

    // MARK: Network

    package static let mynetworks = Parameter<WordList>(
        "mynetworks", default: "127.0.0.0/8 [::1]/128",
        summary: "Clients that may relay. Default: what mynetworks_style makes of this machine's addresses.")
    package static let mynetworksStyle = Parameter<MyNetworksStyle>(
        "mynetworks_style", default: "${{$compatibility_level} <level {2} ? {subnet} : {host}}",
        summary: "Whether mynetworks is by default this host alone, its subnets or its class A, B or C networks.")
    package static let inetInterfaces = Parameter<WordList>(
        "inet_interfaces", default: "all", summary: "The addresses on which mail is received: all, loopback-only, or a list.")
    package static let inetProtocols = Parameter<InternetProtocols>(
        "inet_protocols", default: "all", summary: "Internet protocols to use: ipv4, ipv6, or all.")
    package static let proxyInterfaces = Parameter<WordList>(
        "proxy_interfaces", default: "", summary: "Addresses that reach this host through a proxy or address translator.")
    package static let resolverConfiguration = Parameter<String>(
        "martlet_resolver_config", default: "",
        summary: "Martlet's own: whom to ask for DNS: empty for /etc/resolv.conf, another such file, root, or addresses.")

    package static let network: [any AnyParameter] = [
        mynetworks, mynetworksStyle, inetInterfaces, inetProtocols, proxyInterfaces, resolverConfiguration,
    ]

    // MARK: Directories and users

    package static let queueDirectory = Parameter<String>(
        "queue_directory", default: "/var/spool/martlet", summary: "The spool, and the sockets between programs.")
    package static let dataDirectory = Parameter<String>(
        "data_directory", default: "/var/lib/martlet", summary: "Files of the programs' own, such as master's lock.")
    package static let daemonDirectory = Parameter<String>(
        "daemon_directory", default: "/usr/lib/martlet", summary: "Where the daemon programs are.")
    package static let commandDirectory = Parameter<String>(
        "command_directory", default: "/usr/sbin", summary: "Where the commands are.")
    package static let configDirectory = Parameter<String>(
        "config_directory", default: "/etc/martlet", summary: "Where main.cf and master.cf are.")
    package static let processIDDirectory = Parameter<String>(
        "process_id_directory", default: "pid", summary: "Where master.pid is, relative to queue_directory.")
    package static let mailOwner = Parameter<String>(
        "mail_owner", default: "martlet",
        summary: "The user who owns the spool and as whom the programs run when started by root.")
    package static let smtpdUser = Parameter<String>(
        "martlet_smtpd_user", default: "martlet-smtpd",
        summary: "Martlet's own: as whom smtpd runs, who may open no file of the spool.")
    package static let smtpUser = Parameter<String>(
        "martlet_smtp_user", default: "martlet-smtp",
        summary: "Martlet's own: as whom smtp runs; its group may read messages, and nothing else of the spool.")
    package static let sandbox = Parameter<Sandbox>(
        "martlet_sandbox", default: "landlock, seccomp",
        summary: "Martlet's own: what confines programs beside their users; a layer that the kernel lacks is left out.")
    package static let sandboxViolation = Parameter<SandboxViolation>(
        "martlet_sandbox_violation", default: "deny",
        summary: "Martlet's own: what a system call outside a program's table costs: deny fails it, kill ends the program.")
    package static let setgidGroup = Parameter<String>(
        "setgid_group", default: "postdrop", summary: "Accepted for Postfix's sake: no program of Martlet is set-gid.")
    package static let defaultPrivileges = Parameter<String>(
        "default_privs", default: "nobody", summary: "The user for deliveries to files and commands that no user asked for.")

    package static let directories: [any AnyParameter] = [
        queueDirectory, dataDirectory, daemonDirectory, commandDirectory, configDirectory, processIDDirectory, mailOwner,
        smtpdUser, smtpUser, sandbox, sandboxViolation, setgidGroup, defaultPrivileges,
    ]

    // MARK: Log

    package static let syslogName = Parameter<String>(
        "syslog_name", default: "${multi_instance_name?{$multi_instance_name}:{postfix}}",
        summary: "What is before the slash in the log. The default suits programs that read Postfix's log.")
    package static let syslogFacility = Parameter<String>(
        "syslog_facility", default: "mail", summary: "The syslog facility of all log lines.")
    package static let maillogFile = Parameter<String>(
        "maillog_file", default: "", summary: "A file, or /dev/stdout, that is logged to; empty: syslog.")
    package static let maillogFilePrefixes = Parameter<WordList>(
        "maillog_file_prefixes", default: "/var, /dev/stdout", summary: "Where maillog_file may be.")

    package static let logging: [any AnyParameter] = [syslogName, syslogFacility, maillogFile, maillogFilePrefixes]

    // MARK: Limits

    package static let messageSizeLimit = Parameter<Int>(
        "message_size_limit", default: "10240000", limits: 0...Int.max,
        summary: "The largest message, in bytes of its wire form (CRLF); 0 means no limit.")
    package static let queueMinimumFree = Parameter<Int>(
        "queue_minfree", default: "0", limits: 0...Int.max,
        summary:
            "Bytes that must be free in the spool for mail from outside. At least 1.5 times message_size_limit is demanded.")
    package static let defaultProcessLimit = Parameter<Int>(
        "default_process_limit", default: "100", limits: 1...Int(Int32.max),
        summary: "How many clients or deliveries a service of master.cf may have at once when its maxproc column is \"-\".")
    package static let maximumIdle = Parameter<Duration>(
        "max_idle", default: "100s", limits: .seconds(1)...(.seconds(Int64(Int32.max))),
        summary: "After how long a program without work ends; those that hold state stay.")
    package static let maximumUse = Parameter<Int>(
        "max_use", default: "100", limits: 1...Int(Int32.max),
        summary: "How many connections a program serves before it may end when idle.")
    package static let ipcTimeout = Parameter<Duration>(
        "ipc_timeout", default: "3600s", limits: .seconds(1)...(.seconds(Int64(Int32.max))),
        summary: "How long a program waits for another program of the suite.")
    package static let stress = Parameter<String>(
        "stress", default: "", summary: "\"yes\" while a service is short of workers; for use in ${stress?{a}:{b}}.")

    package static let limits: [any AnyParameter] = [
        messageSizeLimit, queueMinimumFree, defaultProcessLimit, maximumIdle, maximumUse, ipcTimeout, stress,
    ]

    // MARK: Transports and names of services

    package static let localTransport = Parameter<String>(
        "local_transport", default: "local:$myhostname", summary: "transport:nexthop for mydestination.")
    package static let defaultTransport = Parameter<String>(
        "default_transport", default: "smtp", summary: "transport:nexthop for domains that are none of ours.")
    package static let relayTransport = Parameter<String>(
        "relay_transport", default: "relay", summary: "transport:nexthop for relay_domains.")
    package static let virtualTransport = Parameter<String>(
        "virtual_transport", default: "virtual", summary: "transport:nexthop for virtual_mailbox_domains.")
    package static let relayhost = Parameter<String>(
        "relayhost", default: "", summary: "Where mail for other domains goes: domain, [host], [host]:port; empty: by MX.")
    package static let relayDomains = Parameter<WordList>(
        "relay_domains", default: "${{$compatibility_level} <level {2} ? {$mydestination} : {}}",
        summary: "Domains (and their subdomains, see parent_domain_matches_subdomains) to which mail is relayed for anybody.")
    package static let softBounce = Parameter<YesNo>(
        "soft_bounce", default: "no", summary: "Treat every permanent failure as temporary, while testing.")
    package static let doubleBounceSender = Parameter<String>(
        "double_bounce_sender", default: "double-bounce",
        summary: "The sender of notices that must never cause another notice.")

    package static let services: [any AnyParameter] = [
        localTransport, defaultTransport, relayTransport, virtualTransport, relayhost, relayDomains, softBounce,
        doubleBounceSender,
    ]

    // MARK: Tables and addresses

    package static let aliasMaps = Parameter<WordList>(
        "alias_maps", default: "hash:/etc/aliases", summary: "Alias tables that local delivery asks, in this order.")
    package static let aliasDatabase = Parameter<WordList>(
        "alias_database", default: "hash:/etc/aliases", summary: "Alias tables that newaliases makes.")
    package static let recipientDelimiter = Parameter<String>(
        "recipient_delimiter", default: "", summary: "Characters that separate user and extension, as in user+folder.")
    package static let defaultDatabaseType = Parameter<String>(
        "default_database_type", default: "hash", summary: "The type of a table that newaliases and postmap make by default.")
    package static let parentDomainMatchesSubdomains = Parameter<WordList>(
        "parent_domain_matches_subdomains",
        default: "debug_peer_list,fast_flush_domains,mynetworks,permit_mx_backup_networks,qmqpd_authorized_clients,"
            + "relay_domains,smtpd_access_maps",
        summary: "Lists in which \"example.com\" matches subdomains too; in others that takes \".example.com\".")
    package static let smtpUTF8Enable = Parameter<YesNo>(
        "smtputf8_enable", default: "${{$compatibility_level} <level {1} ? {no} : {yes}}",
        summary: "Internationalised addresses and headers (RFC 6531).")

    package static let tables: [any AnyParameter] = [
        aliasMaps, aliasDatabase, recipientDelimiter, defaultDatabaseType, parentDomainMatchesSubdomains, smtpUTF8Enable,
    ]
}
