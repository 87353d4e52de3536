/**
 * What is said in well-known frauds, by signal, in the languages of the platform's users: English first, then others.
 *
 * Phrases are separated by commas; `#` is any number, and `*` any end of a word. Those that are not Latin may stand within a word.
 */
export const SCAM_PHRASES = {
  secret:
    'seed phrase,seed phrases,seed words,seedphrase,secret phrase,secret recovery,recovery phrase,recovery words,backup phrase,private key,private keys,privatekey,mnemonic,mnemonics,passphrase,wallet phrase,keystore,# words,# word phrase,# word backup,backup words,twelve words,frase semilla,frase secreta,frase de recuperacion,frase de recuperacao,clave privada,chave privada,palavras secretas,phrase de recuperation,phrase secrete,cle privee,wiederherstellungsphrase,kurtarma kelime*,gizli kelime*,kurtarma ifade*,ozel anahtar*,cumle*,cum tu khoi phuc,khoa rieng tu,frasa pemulihan,kunci pribadi,сид фразу,сид фраза,seed фразу,секретную фразу,фразу восстановления,приватный ключ,助记词,助記詞,私钥,私鑰,シードフレーズ,秘密鍵,리커버리,시드 구문,개인 키,عبارة الاسترداد,المفتاح الخاص,सीड फ्रेज',
  ask: 'enter,put,send,share,submit,provide,input,type,confirm,verify,validate,give,give me,import,paste,reveal,fill,upload,drop,needs your,need your,reply with,envia,envie,enviar,ingresa,ingrese,introduce,comparte,digite,informe,entrez,envoyez,saisissez,eingeben,sende,senden,girin,gonderin,yazin,nhap,gui,masukkan,kirim,введите,отправьте,пришлите,сообщите,输入,提供,发送,發送,入力,送って,입력,보내,أدخل,أرسل,भेजें',
  repair:
    'validate,validation,revalidate,rectify,rectification,synchronize,synchronise,sync,resync,authenticate,whitelist,restore,decrypt,integrate',
  wallet:
    'your wallet,your wallets,ur wallet,the wallet,all wallets,wallet validation,wallet rectification,wallet address,wallet connect,connect wallet,wallet,your account,кошелек,кошелька,钱包,錢包,ウォレット,지갑,tu billetera,su billetera,tu wallet,sua carteira,cuzdaninizi,vi cua ban,محفظتك',
  connect:
    'connect,verify,link,sign,approve,register,log in,login,click,visit,подключите,подпишите,连接,連接,接続,연결,conecta,conecte,baglayin,ket noi,hubungkan,اربط',
  gift: 'giveaway,give away,airdrop,airdrops,bonus,reward,rewards,compensation,free tokens,free nft,free mint,free eth,free btc,free usdt,presale,allocation,refund,раздача,эйрдроп,аирдроп,空投,エアドロップ,에어드랍,에어드롭,sorteo,regalo,hediye,premio,phan thuong,hadiah,إيردروب,جائزة',
  hurry:
    'now,hurry,limited,act fast,last chance,ends in,ends today,ends soon,only today,today only,first #,before it,closes in,closing soon,minutes left,hours left,# minutes,# min,dont miss,within # hours,immediately,asap,urgent,urgently,deadline,selected,congratulations,winner,winners,you won,you have won,eligible,lucky,expires,claim your,claim here,claim at,claim via,успейте,срочно,получите,领取,立即,限时,今すぐ,지금,reclama,reclame,ahora,agora,hemen,ngay,segera,الآن',
  give: 'send,deposit,transfer,contribute,sends,sending,envia,envie,отправьте,переведите,转账,发送,gonderin,gui',
  double:
    'double your,doubled,double it,doubles,double the,double back,2x back,x2 back,2x,x2,twice,twice the,twice as much,sends # sol,sends # eth,sends # btc,sends # back,sends you #,send you #,returns #,comes back doubled,comes back twofold,twofold,two fold,threefold,get # back,get # eth back,get # btc back,get # sol back,get # bnb back,receive # eth back,receive # btc back,receive # back,sent back,send back,send you back,back instantly,back immediately,удвоим,удвоение,вдвое,в два раза,双倍,雙倍,翻倍,duplicamos,el doble,o dobro,iki kat,iki katini,gap doi',
  staff:
    'support,supports,help desk,helpdesk,customer care,customer service,admin,admins,moderator,agent,technician,engineer,specialist,expert,official team,live agent,team,поддержка,поддержку,поддержки,техподдержка,админ,soporte,suporte,destek,客服,管理员,サポート,관리자,الدعم',
  invite:
    'dm,dms,pm,hit me,dm me,message,message me,inbox,talk,chat with,lets chat,speak with,write me,write to,text me,text,contact,reach,reach out,hit me up,hmu,chat me,add me,join,ask me,hop in,apply,напиши,напишите,пиши,пишите,напишете,в лс,в личку,escribeme,escribe,contacta,chame,联系,聯繫,加微信,私信,加我,加群,加入,連絡,연락,yazin,lien he,nhan tin,hubungi,تواصل,راسل',
  mend: 'sort your,sort it,sorts it,refund you,refunds you,they refund,he refunded,he returned,she returned,they returned,help you,helps you,helped me,fix it for,fixes it,solves it,recover your,recovers your',
  profile:
    'in my profile,in my bio,my bio,link in bio,link in profile,see my profile,check my profile,scan the qr,scan qr,scan this,в профиле,в моем профиле,主页,en mi perfil',
  privately:
    'dm me,dms me,pm me,message me,msg me,inbox me,write me,write to me,text me,reach me,contact me,hit me up,hmu,dm us,pm us,dm for,пишите мне,напишите мне,в личку,в лс,escribeme,加我,私信我,加微信',
  service:
    'help you,assist,assistance,assist you,resolve,resolved,fix,fixed,solve,stuck,issue,issues,error,recover,wallet,ticket id,withdraw,withdrawal,поможет,помогут,проблем,проблему,ayuda,problema,解决,問題,yardim,giup,مشكلة',
  app: 'whatsapp,whats app,watsapp,telegram,tg,signal,wechat,微信,viber,discord,instagram,ig,gmail,line id,телеграм,телеграме,telegramda,тг,ватсап,واتساب,تيليجرام,電報,电报,ライン,텔레그램',
  recover:
    'recover,recovery,recovered,recovering,retrieve,retrieved,reclaim,got back,get back,got my,trace,refunded,вернуть,вернул,вернули,追回,recuperar,recupero,recuperei',
  loss: 'lost,stolen,scammed,hacked,scam,scammers,victim,victims,funds,украли,украденные,被骗,被盗,perdidos,robado,robados,roubado,perdi',
  healer:
    'hacker,hackers,agent,expert,experts,specialist,specialists,recovery,ethical,investigator,lawyer,engineer,firm,company,wizard,helped me,god bless,thanks to,хакер,специалист,юрист,黑客,专家,experto,especialista',
  profit:
    'guaranteed,guarantee,risk free,riskfree,no risk,daily profit,daily profits,weekly profit,profit daily,profits daily,mev bot,arbitrage bot,trading bot,earns #,makes #,pump group,pump,pumps,vip signals,vip group,trading signals,free signals,insider,insiders,expert trader,account manager,investment plan,passive income,financial freedom,100x,1000x,earn #,make #,earned #,# profit,# daily,# per day,# a day,profit in # hours,roi,remote job,part time,work from home,online job,гарантия,гарантированный,гарантированная,гарантированно,доход,заработок,прибыль,稳赚,保证收益,保本,日赚,内幕,兼职,ganancias,garantizadas,garantizado,lucro,garantido,garantili,kazanc,loi nhuan,penghasilan,untung,أرباح,مضمونة,儲かる,必ず儲,수익,보장',
  moved:
    'new contract,migration,migrate,migrated,token swap,swap your,old tokens,old token,old contract,upgrade,upgraded,contract address,contract has changed,v2 token,relaunch,миграция,миграцию,обмен токенов,迁移,新合约,新合約,migracion,migracao',
  must: 'your tokens,your old,before,deadline,or lose,lose your,lost forever,worthless,expire,expires,burned,within # hours,must,now,all holders,every holder,immediately,до конца,срочно,截止,作废,antes',
  threat:
    'suspended,frozen,blocked,restricted,compromised,deactivated,flagged,locked,unusual activity,suspicious activity,will be closed,hacked,drained,exploited,terminated,at risk,заблокирован,заморожен,冻结,凍結,异常,bloqueada,bloqueado,suspendida,suspensa,askiya,bi khoa,diblokir,محظور',
  yours:
    'your account,your wallet,your wallets,your funds,your assets,your tokens,ur account,ur wallet,ваш,ваша,您的,你的,su cuenta,tu cuenta,sua conta,hesabiniz,tai khoan cua ban,akun anda,حسابك',
  fee: 'returnable deposit,refundable deposit,deposit is returned,upfront fee,advance fee,activation fee,unlock fee,release fee,processing fee,clearance fee,tax fee,verification fee,withdrawal fee,small fee,gas fee of #,deposit of #,комиссию,手续费,comision,taxa',
  pay: 'to withdraw,to claim,to fix,to verify,to activate,is credited,are credited,will be credited,to unlock,to release,to receive,before withdrawal,withdraw your,release your,unlock your,чтобы вывести,才能提现,para retirar,para sacar',
  claim:
    'claim,mint,download,install,apk,revoke,redeem,eligible,eligibility,swap,unstake,whitelisted,airdrop*,wl spot,check your,your rewards,exploited,exploit,resgate,resgatar,reclamar,canjea,cobra,забери*,领取,領取,受け取,받기',
} as const;
